"""Data sets on disk, listed without torch: image folders, COCO files, splits, samples."""
