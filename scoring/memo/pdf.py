"""The memo and the letter as PDF, set by typst from the same view as the HTML.

The view goes to the template as data (JSON in ``sys.inputs``): no text of it is ever read as markup.
"""

from __future__ import annotations

import datetime as dt
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import typst

from features.errors import GreenCreditError
from scoring.memo.fonts import chinese_family, fonts
from scoring.memo.html import TONES
from scoring.memo.strings import breakable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Typesetter"]


class Typesetter:
    """Sets PDFs; made once per process, since finding fonts and compiling a template take longer than a memo.

    Parameters
    ----------
    fonts_folder
        Folder with further fonts; None for those of the system.

    Raises
    ------
    GreenCreditError
        If no font with Chinese is found.
    """

    def __init__(self, *, fonts_folder: Path | None = None) -> None:
        found = fonts(fonts_folder)
        self.family = chinese_family(found.families())
        self._templates = {
            name: resources.files("scoring").joinpath("templates", f"{name}.typ").read_bytes()
            for name in ("memo", "letter")
        }
        self._compiler = typst.Compiler(font_paths=found, ignore_system_fonts=True)

    def memo(self, views: Sequence[dict[str, Any]], *, day: dt.date) -> bytes:
        """Return a memo as PDF, one A4 page per view.

        Parameters
        ----------
        views
            Of :func:`scoring.memo.view.memo_view`, whose ``font`` is :attr:`family`.
        day
            Stands in the file as its day of creation, so that equal memos are equal files.
        """
        title = f"{views[0]['title']['memo']}: {views[0]['name']}"
        return self._set("memo", views, title=title, day=day)

    def letter(self, views: Sequence[dict[str, Any]], *, day: dt.date) -> bytes:
        """Return a letter as PDF; parameters as of :meth:`memo`."""
        return self._set("letter", views, title=views[0]["title"], day=day)

    def _set(self, template: str, views: Sequence[dict[str, Any]], *, title: str, day: dt.date) -> bytes:
        content = {
            "title": title,
            "fonts": [self.family],
            "tones": TONES,
            "views": [{**_breakable(view), "scale": view.get("scale", "")} for view in views],
        }
        midnight = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
        try:
            made = self._compiler.compile(
                self._templates[template],
                format="pdf",
                sys_inputs={"content": json.dumps(content, ensure_ascii=False, default=str)},
                timestamp=midnight,
            )
        except typst.TypstError as error:
            raise GreenCreditError(
                f"The PDF cannot be set ({error.message}).",
                where=f"{template}.typ",
                mend="This is a defect of the product; report it with the application's results.",
            ) from None
        if not isinstance(made, bytes):
            raise TypeError("a PDF is one file")
        return made


def _breakable(value: Any) -> Any:  # noqa: ANN401  (plain JSON values)
    if isinstance(value, str):
        return breakable(value)
    if isinstance(value, dict):
        return {name: _breakable(item) for name, item in value.items()}
    return [_breakable(item) for item in value] if isinstance(value, (list, tuple)) else value
