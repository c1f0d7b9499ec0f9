"""What several networks share: blocks, crops, outputs, the meta device, fitting to images."""
