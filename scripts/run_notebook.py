"""Run the notebook from clean and keep its pictures."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "main_job.ipynb"


def main() -> None:
    """Run every cell and write the notebook back."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        # When a cell ran is no news to a reader and would change with every run.
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, NOTEBOOK)
    sys.stdout.write(f"Wrote {NOTEBOOK.name} with its pictures.\n")


if __name__ == "__main__":
    main()
