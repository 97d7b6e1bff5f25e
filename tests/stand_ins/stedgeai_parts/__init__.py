"""Parts of the stand-in for ST's `stedgeai`: what it prints and writes, as recorded, from releases 2.0 to 4.1."""
