"""Passes over a model: pure functions ONNX → ONNX, each with a name, a precondition and a proof."""

from n6gen.rewrite.cut_at import Cut, cut_at, cuts
from n6gen.rewrite.cut_head import Head, cut_head
from n6gen.rewrite.resolution import at_resolution

__all__ = ["Cut", "Head", "at_resolution", "cut_at", "cut_head", "cuts"]
