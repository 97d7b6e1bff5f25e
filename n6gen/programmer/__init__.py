"""What writes images to a board: one small protocol, the virtual board's programmer, and those of other packages."""
