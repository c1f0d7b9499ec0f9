"""Augmentation of training images and crops of test images, on whole batches."""
