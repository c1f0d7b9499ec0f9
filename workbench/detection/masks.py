"""What masks mean by their values: uint8 [N, H, W], a class for each pixel."""

IGNORED = 255  # a pixel that counts neither in losses nor in metrics
