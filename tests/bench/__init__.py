"""Measurements: ratios to the bare framework, taken side by side."""
