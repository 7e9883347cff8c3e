"""The notebook runs from clean, and shows its pictures."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "main_job.ipynb"


@pytest.mark.filterwarnings("ignore:zmq:RuntimeWarning", "ignore:.*frozen modules.*")
def test_the_notebook_runs_from_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENCREDIT_NOTEBOOK_FIRMS", "4000")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [set(o.data) for c in notebook.cells if c.cell_type == "code" for o in c.outputs if "data" in o]
    pictures = sum("image/png" in kinds for kinds in shown)
    assert pictures == 3, "the calibration plot, the grades by sector and the waterfall"
    printed = "".join(o.text for c in notebook.cells if c.cell_type == "code" for o in c.outputs if "text" in o)
    assert "ceiling" in printed
    assert "emonstration" in printed
