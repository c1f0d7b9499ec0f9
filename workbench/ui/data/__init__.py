"""The Data screen: what a data set holds."""
