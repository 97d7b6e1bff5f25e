"""What is written to a board: the formats of the images, the partitions of a build, and its manifest."""
