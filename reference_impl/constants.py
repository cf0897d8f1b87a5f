"""Numbers and marks that the namespace offers for convenience."""

from math import e, inf, nan, pi

newaxis = None
"""Stands in an index for a new dimension."""

__all__ = ["e", "inf", "nan", "newaxis", "pi"]
