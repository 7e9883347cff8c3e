"""Quarantine: rows that intake refused, by table and rule, each with what is wrong and how to mend it; and as a file to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import StreamingResponse

from features.contract import CONTRACT
from features.errors import StoreError
from scoring.workbench.batches.lists import batch_rows
from scoring.workbench.batches.one import folder_of
from scoring.workbench.figures.refused import REFUSED, refused_counts, refused_csv, refused_page
from scoring.workbench.figures.summaries import made
from scoring.workbench.people.permissions import Permission
from scoring.workbench.web.chosen import chosen_batch
from scoring.workbench.web.render import say, workbench_texts
from scoring.workbench.web.routing import Pages
from scoring.workbench.web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["pages"]

pages = Pages()

_MOST_DIGITS = 12


@pages.page("/quarantine", access=Permission.read_quarantine)
def listed(visit: Visit) -> Response:
    """Show what was refused, and some of the rows."""
    with visit.workbench.store.read() as connection:
        batch = chosen_batch(visit, connection)
        if batch is None:
            return visit.render("no_batch.html.jinja", page="page_quarantine")
        folder = folder_of(connection, batch["batch_id"])
        known = batch_rows(connection)
    counts = made(
        visit.workbench.store,
        batch["batch_id"],
        REFUSED,
        lambda: refused_counts(folder),
        at=visit.workbench.clock(),
    )
    table, rule, after = visit.query("table"), visit.query("rule"), visit.query("after")
    page = refused_page(
        folder,
        lang=visit.lang,
        table=table,
        rule=rule,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < _MOST_DIGITS else None,
    )
    kept = {name: value for name, value in visit.request.query_params.items() if name != "after"}
    return visit.render(
        "quarantine.html.jinja",
        batch=batch,
        batches=known,
        counts=counts,
        page=page,
        table=table,
        rule=rule,
        rule_names=_rule_names(visit, counts),
        table_names={
            one["table"]: table_name(one["table"], chinese=visit.lang == "zh") for one in counts["tables"]
        },
        next_address="?" + urlencode({**kept, "after": str(page.after)}) if page.after is not None else "",
    )


def _rule_names(visit: Visit, counts: dict[str, Any]) -> dict[str, str]:
    """Return the names of the rules that were broken, by id; a rule of another release names itself."""
    texts, say_it = workbench_texts().texts, say(visit.lang)
    broken = sorted({found["rule"] for one in counts["tables"] for found in one["rules"]})
    codes = {rule: f"quarantine_rule_{rule}" for rule in broken}
    return {rule: say_it(code) if code in texts else rule.replace("_", " ") for rule, code in codes.items()}


@pages.page("/quarantine/{batch_id}/{table}.csv", access=Permission.read_quarantine)
def downloaded(visit: Visit, batch_id: str, table: str) -> Response:
    """Give the refused rows of a table as a file that can be mended and handed in again."""
    if table not in CONTRACT:
        raise StoreError(
            f"There is no table {table[:60]}.", where="workbench", mend="Choose one from the page."
        )
    with visit.workbench.store.read() as connection:
        folder = folder_of(connection, batch_id)
    return StreamingResponse(
        refused_csv(folder, table, lang=visit.lang),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{table}_to_mend.csv"'},
    )


def table_name(table: str, *, chinese: bool) -> str:
    """Return the name of a table of the contract; its id where a later release has it no more."""
    if table not in CONTRACT:
        return table
    return CONTRACT[table].zh if chinese else table.replace("_", " ").capitalize()
