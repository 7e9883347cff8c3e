"""A package's front door: public names that are imported when they are first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["opener"]


def opener(package: str, doors: Mapping[str, tuple[str, str]]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package.

    Parameters
    ----------
    package
        Name of the package, for the message.
    doors
        Public name to its module and its name there.

    Returns
    -------
    Callable
        Gives the attribute for a name; raises AttributeError for one that is no door.

    Examples
    --------
    >>> opener("shop", {"root": ("math", "sqrt")})("root")(9.0)
    3.0
    >>> opener("shop", {})("back")
    Traceback (most recent call last):
    AttributeError: module 'shop' has no attribute 'back'
    """

    def opened(name: str) -> Any:  # noqa: ANN401  (a module's attribute may be anything)
        if name not in doors:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, attribute = doors[name]
        return getattr(import_module(module), attribute)

    return opened
