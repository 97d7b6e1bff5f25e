"""Measures n6gen itself, and others' compilers beside it: `make bench`, `make bench-check`."""
