"""Models: QDQ ONNX files, the integer graph they mean, their input, and where they come from."""

from n6gen.model.input import InputDeclaration, InputSpec
from n6gen.model.loader import Model, load

__all__ = ["InputDeclaration", "InputSpec", "Model", "load"]
