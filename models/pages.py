"""How pages are made from templates: escaped, strict about names, and the same for the same content.

The style sheet of every page lies with the templates of this package; a page includes it, so that it works from a
disk, without a network.
"""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

__all__ = ["page_environment"]


def page_environment(package: str) -> Environment:
    """Return the environment of a package's templates, with this package's behind them.

    Parameters
    ----------
    package
        ``models`` or ``scoring``.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("models")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = lambda number: f"{number:,}"
    return environment
