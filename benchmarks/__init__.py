"""Benchmarks: ratios from interleaved runs on one machine, never absolute times."""
