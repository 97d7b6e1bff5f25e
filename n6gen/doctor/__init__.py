"""What a machine lacks for building, flashing and measuring, and how to get it."""
