"""Tests of n6gen verify. A package, so that its bench.py does not stand for bench/ on sys.path."""
