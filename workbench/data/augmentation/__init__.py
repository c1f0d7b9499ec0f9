"""How training images are varied and test images are cut, on whole batches."""
