"""Reads an architecture spec: a YAML file becomes a graph."""
