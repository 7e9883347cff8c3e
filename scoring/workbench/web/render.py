"""Pages from templates: everything that is filled in is escaped, texts come from the catalogue in one language."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from scoring.texts import parse_texts
from scoring.workbench.people.permissions import ROLE_NAMES, Permission, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoring.texts import Language, TextLibrary

__all__ = ["NAVIGATION", "render", "say", "workbench_texts"]

_TEXTS = "texts.toml"

NAVIGATION = (
    ("/queue", "page_queue", Permission.read_scores),
    ("/batches", "page_batches", Permission.read_scores),
    ("/quarantine", "page_quarantine", Permission.read_quarantine),
    ("/portfolio", "page_portfolio", Permission.read_portfolio),
    ("/model", "page_model", Permission.read_models),
    ("/drift", "page_drift", Permission.read_models),
    ("/audit", "page_audit", Permission.read_audit),
    ("/people", "page_people", Permission.manage_people),
)
"""Path, text and permission of every part, in the order in which they stand on top of the page."""


@cache
def workbench_texts() -> TextLibrary:
    """Return the texts of the workbench's pages."""
    content = resources.files("scoring.workbench.web").joinpath(_TEXTS).read_text(encoding="utf-8")
    return parse_texts(content, file=_TEXTS)


def say(lang: Language) -> Callable[..., str]:
    """Return what gives a text by its code, in one language."""
    library = workbench_texts()

    def text(code: str, **values: object) -> str:
        return library.text(code, lang, **values)

    return text


def render(template: str, *, lang: Language, **values: Any) -> str:  # noqa: ANN401  (whatever a template shows)
    """Return the text of a page."""
    return _environment().get_template(template).render(t=say(lang), lang=lang, **values)


@cache
def _environment() -> Environment:
    # An undefined name is a defect: better an error in the tests than a gap on the page.
    environment = Environment(
        loader=PackageLoader("scoring.workbench.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(csrf=_csrf, role_name=_role_name, navigation=NAVIGATION)
    return environment


def _csrf(visit: Any) -> Markup:  # noqa: ANN401  (a template hands it over)
    """Return the hidden field that every form of a session carries."""
    if visit is None or visit.session is None:
        return Markup("")
    return Markup('<input type="hidden" name="csrf" value="{}">').format(visit.session.csrf)


def _role_name(role: Role, lang: Language) -> str:
    en, zh = ROLE_NAMES[role]
    return zh if lang == "zh" else en
