"""Scoring: a dataset, a registered model and a policy in; graded and explained decisions out.

- :func:`load_policy` reads the bank's rules; :class:`Policy` holds them.
- :func:`score` runs a batch and writes its files; :func:`read_results` reads them back.
- :func:`train_dataset` trains and registers a model from a dataset.
- :func:`explain` tells one decision with its reasons.

``score`` and ``train_dataset`` load the model libraries when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.doors import opener

if TYPE_CHECKING:
    from scoring.batch import BatchResult, score
    from scoring.explain_text import explain
    from scoring.policy import Policy, load_policy
    from scoring.results import Results, read_results
    from scoring.training import Training, train_dataset

__all__ = [
    "BatchResult",
    "Policy",
    "Results",
    "Training",
    "explain",
    "load_policy",
    "read_results",
    "score",
    "train_dataset",
]

_HOMES = {
    "BatchResult": "scoring.batch",
    "Policy": "scoring.policy",
    "Results": "scoring.results",
    "Training": "scoring.training",
    "explain": "scoring.explain_text",
    "load_policy": "scoring.policy",
    "read_results": "scoring.results",
    "score": "scoring.batch",
    "train_dataset": "scoring.training",
}

__getattr__ = opener(__name__, {name: (home, name) for name, home in _HOMES.items()})
