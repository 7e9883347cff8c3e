"""The files of scenarios: every application under every scenario, the figures, and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.result_folder import written
from scoring.scenarios.page import scenarios_page

if TYPE_CHECKING:
    from pathlib import Path

    from scoring.scenarios.run import ScenarioRun

__all__ = ["JSON", "PAGE", "TABLE", "write_scenarios"]

TABLE, JSON, PAGE = "scenarios.parquet", "scenarios.json", "scenarios.html"


def write_scenarios(run: ScenarioRun, out: Path) -> None:
    """Write :data:`TABLE`, :data:`JSON` and :data:`PAGE` into a folder.

    Raises
    ------
    GreenCreditError
        If the folder cannot be written.
    """
    written(out, tables={TABLE: run.table}, contents={JSON: run.as_dict()}, pages={PAGE: scenarios_page(run)})
