"""An ONNX file becomes a graph; its weights stay on disk."""
