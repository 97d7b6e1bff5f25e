"""Runs somebody else's implementation of a network on the emulated core and counts its instructions."""
