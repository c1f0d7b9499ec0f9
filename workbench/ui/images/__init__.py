"""Images in a terminal: kitty's protocol, sixels, half-blocks, tiles."""
