"""Passes over a model: pure functions ONNX → ONNX, each with a name, a precondition and a proof."""
