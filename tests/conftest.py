"""What several test files ask for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent

# No test is timed, and the short mode draws the same examples every time: what is new is looked for by the long mode.
settings.register_profile("house", deadline=None, derandomize=not os.environ.get("GREENCREDIT_LONG"))
settings.load_profile("house")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long mode to ``make test-long``, and say so."""
    if os.environ.get("GREENCREDIT_LONG"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="long mode: run `make test-long`"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real public data; it stays outside the repository."""
    folder = Path(os.environ.get("GREENCREDIT_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(
            f"real public data not found beside the checkout ({folder.name}); set GREENCREDIT_DATA to their folder"
        )
    return folder


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Say lines at the end of the run, whichever process the test ran in: figures that a test measures are printed."""
    return lambda *lines: record_property("told", "\n".join(lines))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests told."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in (
                getattr(report, "user_properties", []) if getattr(report, "when", "") == "call" else []
            ):
                if name == "told":
                    terminalreporter.write_line(f"\n{text}")
