"""Graphs become numbers: pure functions, no files, no formats."""
