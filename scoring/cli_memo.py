"""``greencredit memo`` and ``greencredit memos``: what the loan officer gets, on one page."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.cli_edges import progress_bar, step

if TYPE_CHECKING:
    from scoring.memo import MemoForm

__all__ = ["register"]


class MemoLanguage(StrEnum):
    """Languages of a memo."""

    both = "both"
    en = "en"
    zh = "zh"


_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="What score wrote.")]
_Lang = Annotated[MemoLanguage, typer.Option(help="Language; both give one page each.")]
_Fonts = Annotated[
    Path | None,
    typer.Option(
        help="Folder with fonts for PDFs, beside those of the system.", file_okay=False, exists=True
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(memo)
    app.command()(memos)


def memo(
    folder: _Folder,
    application_id: Annotated[str, typer.Argument(help="The application.")],
    lang: _Lang = MemoLanguage.both,
    *,
    pdf: Annotated[bool, typer.Option("--pdf", help="PDF instead of HTML.")] = False,
    letter: Annotated[
        bool, typer.Option("--letter", help="The adverse-decision letter instead of the memo.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="File to write; named by the application by default.")
    ] = None,
    fonts: _Fonts = None,
) -> None:
    """Write the memo of one application: score, reasons, what could change and what it rests on, on one page."""
    from scoring.memo import file_name, one_memo  # noqa: PLC0415
    from scoring.results import one_application, read_results  # noqa: PLC0415

    form = _form(lang, pdf=pdf, letter=letter, fonts=fonts)
    if out is not None and out.suffix.lower() != form.suffix:
        raise typer.BadParameter(f"the file must end in {form.suffix}", param_hint="--out")
    own = one_application(read_results(folder), application_id)
    if not letter:
        with step("Searching the way to the next grade"):
            from scoring.basis.searched import with_ways  # noqa: PLC0415

            own = with_ways(own, folder)
    with step("Writing the memo"):
        made = one_memo(own, form=form)
    prefix = "letter_" if letter else "memo_"
    file = out or Path(prefix + file_name(application_id, suffix=form.suffix))
    file.write_bytes(made)
    typer.echo(f"{'Letter 告知书' if letter else 'Memo 说明'}: {file}")


def memos(
    folder: _Folder,
    out: Annotated[Path, typer.Option(help="Folder to write, one file per application; new or empty.")],
    lang: _Lang = MemoLanguage.both,
    *,
    pdf: Annotated[bool, typer.Option("--pdf", help="PDF instead of HTML.")] = False,
    fonts: _Fonts = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one per processor by default. Changes no memo.")
    ] = None,
) -> None:
    """Write the memos of a whole batch."""
    from scoring.memo import write_memos  # noqa: PLC0415
    from scoring.results import read_results  # noqa: PLC0415

    with step("Reading the results"):
        results = read_results(folder)
    with progress_bar() as tell:
        written = write_memos(
            results,
            out,
            form=_form(lang, pdf=pdf, letter=False, fonts=fonts),
            workers=workers,
            progress=lambda done, total: tell("memos", done, total),
        )
    typer.echo(f"{written:,} memos 说明: {out}")


def _form(lang: MemoLanguage, *, pdf: bool, letter: bool, fonts: Path | None) -> MemoForm:
    from scoring.memo import MemoForm  # noqa: PLC0415
    from scoring.texts import LANGUAGES  # noqa: PLC0415

    languages = tuple(own for own in LANGUAGES if lang in (MemoLanguage.both, own))
    return MemoForm(languages=languages, pdf=pdf, letter=letter, fonts=fonts)
