"""Passes over a model: pure functions ONNX → ONNX, each with a name, a precondition and a proof."""

from n6gen.rewrite.cut_head import Head, cut_head

__all__ = ["Head", "cut_head"]
