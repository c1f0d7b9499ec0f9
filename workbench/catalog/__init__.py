"""What is on disk, read without torch: image folders, COCO files, sample images."""
