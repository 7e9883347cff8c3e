"""Figures of batches, models and decisions for the pages: computed once, kept as summaries, told with what is missing."""

from __future__ import annotations
