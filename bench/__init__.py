"""Measures n6gen itself: `make bench`. Tests hold limits; this shows figures."""
