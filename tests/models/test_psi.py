"""PSI and its noise: against a naive loop, scipy's distribution and repeated sampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.psi import independent_rows, psi, psi_noise


def naive_psi(reference, recent):
    n, m, k = sum(reference), sum(recent), len(reference)
    total = 0.0
    for before, now in zip(reference, recent, strict=True):
        p, q = (before + 0.5) / (n + 0.5 * k), (now + 0.5) / (m + 0.5 * k)
        total += (q - p) * math.log(q / p)
    return total


counts = st.integers(0, 10_000)


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=30))
def test_psi_is_the_naive_sum_and_symmetric(pairs):
    before, now = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    assert psi(before, now) == pytest.approx(naive_psi(list(before), list(now)), abs=1e-12)
    assert psi(before, now) == pytest.approx(psi(now, before), abs=1e-12)
    assert psi(before, now) >= -1e-15


@pytest.mark.parametrize(("bins", "n", "m"), [(2, 50, 20), (10, 50_000, 300), (17, 2_768, 2_532)])
def test_noise_is_scipys_chi_square(bins, n, m):
    noise = psi_noise(bins=bins, reference=n, recent=m, confidence=0.9999)
    scaled = stats.chi2(bins - 1, scale=1 / n + 1 / m)
    assert noise.expected == pytest.approx(scaled.mean())
    found = (noise.q95, noise.q99, noise.limit)
    assert found == pytest.approx(tuple(scaled.ppf([0.95, 0.99, 0.9999])), rel=1e-9)


def test_the_approximation_holds_for_draws_of_one_distribution():
    rng = np.random.default_rng(5)
    share, n, m = np.full(10, 0.1), 5_000, 1_000
    found = np.array([psi(rng.multinomial(n, share), rng.multinomial(m, share)) for _ in range(4_000)])
    noise = psi_noise(bins=10, reference=n, recent=m, confidence=0.5)
    assert found.mean() == pytest.approx(noise.expected, rel=0.04)
    assert np.mean(found > noise.q95) == pytest.approx(0.05, abs=0.012)
    assert np.mean(found > noise.q99) == pytest.approx(0.01, abs=0.006)
    assert np.mean(found > noise.limit) == pytest.approx(0.5, abs=0.03)


def test_applications_of_one_firm_count_as_one():
    assert independent_rows(np.array([0] * 7)) == 1.0
    assert independent_rows(np.arange(7)) == 7.0
    # One firm of three and one of one: 16 / (9 + 1).
    assert independent_rows(np.array([0, 0, 0, 1])) == pytest.approx(1.6)
    assert independent_rows(np.array([], dtype=np.int64)) == 0.0
