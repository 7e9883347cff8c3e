"""Placeholder docstring, replaced by the front door of the package."""
