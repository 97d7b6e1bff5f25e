"""Models: QDQ ONNX files, the integer graph they mean, their input, and where they come from."""
