"""n6gen: from a quantised ONNX segmentation network to a measured board."""

__version__ = "0.1.0.dev0"
