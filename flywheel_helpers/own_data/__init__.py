"""Rows and tools of your own: files as people have them, checked line by line, for notebooks 01 to 03."""

from flywheel_helpers.own_data.checking import check, load

__all__ = ["check", "load"]
