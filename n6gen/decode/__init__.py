"""From logits to a mask: the Python references of the decodes that templates/decode does in C."""

from n6gen.decode.reference import argmax, fine, rounded, upsample

__all__ = ["argmax", "fine", "rounded", "upsample"]
