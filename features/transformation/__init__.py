"""The transformation family: :func:`indicators`; equipment and the financed line stand in files of their own."""

from features.transformation.family import indicators

__all__ = ["indicators"]
