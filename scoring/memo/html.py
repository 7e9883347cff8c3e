"""The memo and the letter as HTML: prints on A4, works without scripts and without a network."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from models.pages import page_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

__all__ = ["TONES", "html_letter", "html_memo"]

TONES = {
    "base": "#8b95a1",
    "up": "#2b7f5e",
    "down": "#c45f34",
    "silent": "#5f6b76",
    "rest": "#8b95a1",
    "total": "#1f2933",
    "valid": "#2b7f5e",
    "soon": "#d18f1f",
    "open": "#8b95a1",
    "ended": "#c45f34",
    "replaced": "#cfd6dc",
}
"""Colour of a bar by the tone of its line; read together with the text beside it, never alone."""


@cache
def _template(name: str) -> Template:
    """Return a compiled template; a worker compiles it once."""
    return page_environment("scoring").get_template(name)


def html_memo(views: Sequence[dict[str, Any]]) -> str:
    """Return a page with one A4 sheet per view (one per language)."""
    return _render("memo.html.jinja", views)


def html_letter(views: Sequence[dict[str, Any]]) -> str:
    """Return a page with one letter per view (one per language)."""
    return _render("letter.html.jinja", views)


def _render(name: str, views: Sequence[dict[str, Any]]) -> str:
    safe = [
        {**view, "scale": Markup(view["scale"])} if "scale" in view else view  # noqa: S704  (own SVG; every text in it is escaped)
        for view in views
    ]
    return _template(name).render(views=safe, tones=TONES)
