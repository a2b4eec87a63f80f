"""The version of flopcalc."""

__version__ = "0.1.0"
