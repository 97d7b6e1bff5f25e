"""Rewrites of a whole ONNX model that happen before import: so far, another input resolution."""

from n6gen.model_rewrite.resolution import at_resolution

__all__ = ["at_resolution"]
