"""The disclosure family: :func:`indicators`; what is expected of whom is in ``expected_facts``."""

from features.disclosure.family import indicators

__all__ = ["indicators"]
