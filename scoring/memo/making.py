"""From one row of a batch to the bytes of its memo or letter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scoring.memo.context import memo_context
from scoring.memo.html import html_letter, html_memo
from scoring.memo.letter import letter_view
from scoring.memo.view import memo_view

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scoring.memo.pdf import Typesetter
    from scoring.texts import Language

__all__ = ["Maker", "MemoForm"]


@dataclass(frozen=True, kw_only=True)
class MemoForm:
    """What is made of an application.

    Parameters
    ----------
    languages
        One page each, in this order.
    pdf
        PDF instead of HTML.
    letter
        The adverse-decision letter instead of the memo.
    fonts
        Folder with further fonts for PDFs.
    """

    languages: tuple[Language, ...] = ("en", "zh")
    pdf: bool = False
    letter: bool = False
    fonts: Path | None = None

    @property
    def suffix(self) -> str:
        """Ending of the files."""
        return ".pdf" if self.pdf else ".html"


class Maker:
    """Makes the memos of one batch; made once per process.

    Parameters
    ----------
    manifest
        Of the batch.
    form
        What to make.
    """

    def __init__(self, manifest: Mapping[str, Any], form: MemoForm) -> None:
        self.form = form
        self.context = memo_context(manifest)

    @cached_property
    def typesetter(self) -> Typesetter:
        """What sets the PDFs; raises GreenCreditError where no font with Chinese is found."""
        from scoring.memo.pdf import Typesetter  # noqa: PLC0415  (HTML needs no typesetter)

        return Typesetter(fonts_folder=self.form.fonts)

    def made(self, row: Mapping[str, Any]) -> bytes:
        """Return the file of one row of :func:`scoring.memo.rows.memo_rows`."""
        if self.form.letter:
            letters = [letter_view(row, lang, self.context) for lang in self.form.languages]
            if self.form.pdf:
                return self.typesetter.letter(letters, day=row["as_of"])
            return html_letter(letters).encode()
        font = self.typesetter.family if self.form.pdf else ""
        views = [memo_view(row, lang, self.context, font=font) for lang in self.form.languages]
        if self.form.pdf:
            return self.typesetter.memo(views, day=row["as_of"])
        return html_memo(views).encode()
