"""One application of the later batch, with its basis."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from scoring.workbench.applicant.kept import basis_of, own_dataset
from scoring.workbench.batches.one import application_results


@pytest.fixture(scope="session")
def one(two_batches, hostile):
    folder = two_batches[1]
    results = application_results(folder, hostile[0])
    basis = basis_of(folder)
    firm_id = results.decisions["firm_id"][0]
    return SimpleNamespace(
        folder=folder,
        id=hostile[0],
        firm_id=firm_id,
        results=results,
        basis=basis,
        own=own_dataset(basis, firm_id, hostile[0]),
    )
