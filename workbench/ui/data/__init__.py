"""The Data screen: a data set's facts, images and class counts."""
