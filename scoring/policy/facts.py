"""The facts beside the indicators that a rule may ask for, each declared once.

Facts of the firm come from what the application may see on its ``as_of`` day; facts of the score from the model and
what is worked out from it; facts of the decision from the policy's first rules. None of them enters the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from features.emissions.products import product_carbon_ratio
from features.energy.benchmark_standing import STATUSES, benchmark_standing
from features.incident_weights import WINDOW_MONTHS, incidents_of
from features.intensity import latest
from features.transformation.project import designed_positions
from scoring.policy.references import OWN_ROWS, confirmed_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.facts import Facts

__all__ = [
    "DECISION_FACTS",
    "FACTS",
    "FIRM_FACTS",
    "GROUP_FACTS",
    "SCORE_FACTS",
    "Fact",
    "facts_table",
    "policy_facts",
    "with_facts",
]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A fact that a rule may name.

    Parameters
    ----------
    meaning
        One sentence.
    dtype
        Type of its column.
    choices
        The values of a category; empty for numbers and for free text.
    """

    meaning: str
    dtype: type[pl.DataType] = pl.Int32
    choices: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether it is compared with texts."""
        return self.dtype is pl.String

    @property
    def is_free_text(self) -> bool:
        """Whether it holds whatever was written, so that a rule looks for words in it."""
        return self.is_text and not self.choices


FIRM_FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        "open_environmental_severity": Fact(
            meaning="Worst severity (1 minor to 4 critical) of the environmental incidents still open on as_of; missing "
            "where none is known.",
        ),
        "recent_environmental_severity": Fact(
            meaning=f"Worst severity of the environmental incidents of the {WINDOW_MONTHS} months up to as_of; missing "
            "where none is known.",
        ),
        "benchmark_status": Fact(
            meaning="The firm's products against their energy-efficiency levels in the latest year known: advanced (each "
            "at the advanced level or better), meets (none below the baseline) or below.",
            dtype=pl.String,
            choices=STATUSES,
        ),
        "overdue_below_baseline": Fact(
            meaning="Share of what is made (in weight between the levels) below the baseline of a product whose retrofit "
            "deadline is over on as_of; missing where no product has levels, or one lacks output or energy.",
            dtype=pl.Float64,
        ),
        "project_position": Fact(
            meaning="Where the design of the financed line stands: 0 the baseline, 1 the advanced level in force; missing "
            "where no line is financed, or it has no design or no levels.",
            dtype=pl.Float64,
        ),
        "taxonomy_ratio": Fact(
            meaning="Product emissions over the EU Taxonomy's thresholds in the latest year known; missing where no product "
            "has a threshold, or one lacks output or emissions.",
            dtype=pl.Float64,
        ),
        "purpose": Fact(
            meaning="Purpose of the loan as the bank wrote it: a catalogue code or free text.",
            dtype=pl.String,
        ),
        "country": Fact(
            meaning="Country of the firm (ISO 3166-1, two letters); missing where its region is unknown.",
            dtype=pl.String,
        ),
    }
)
"""Facts of the firm and its application."""

GROUP_FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        "months_since_group_change": Fact(
            meaning="Full months since a holding of the firm, or in the firm, last began or ended; missing where none is "
            "known. A firm that was split lately is judged with its group.",
        ),
    }
)
"""Facts of the firm's group, from the table ownership."""

SCORE_FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        "points_shown": Fact(meaning="The score as shown, in whole points."),
        "probability": Fact(meaning="Probability of default of the score.", dtype=pl.Float64),
        "esg_points": Fact(meaning="Points of the E, S and G contributions.", dtype=pl.Float64),
        "points_to_cutoff": Fact(
            meaning="Whole points between the shown score and the nearest minimum of a grade: 0 just reached it, 1 just "
            "missed it or lies one above.",
        ),
        "cross_check_warnings": Fact(
            meaning="Number of cross-checks that a person should ask the firm about."
        ),
        "outside_training_range": Fact(
            meaning="Number of indicators outside the range that the model was trained on; missing where the model does "
            "not know its ranges.",
        ),
        "reasons_failed": Fact(
            meaning="Number of reasons that failed their own re-score and are not printed; missing where none was tried.",
        ),
        "points_low": Fact(meaning="Lowest score, in whole points, over what was not handed in."),
        "points_high": Fact(meaning="Highest score, in whole points, over what was not handed in."),
        "grades_in_range": Fact(
            meaning="Number of cut-offs between points_low and points_high: 0 where nothing that was not handed in could "
            "change the grade.",
        ),
        "outside_policy_period": Fact(
            meaning="1 where as_of lies before the policy's valid_from or after its valid_to, else 0."
        ),
    }
)
"""Facts of the score; each is missing where it was not worked out."""

_OF_POLICY = ("points_shown", "points_to_cutoff", "grades_in_range", "outside_policy_period")
"""Facts of the score that a policy works out."""

_OF_DECISIONS = ("probability", "esg_points")
"""Facts of the score that stand beside the decisions."""

DECISION_FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        "grade": Fact(meaning="The grade after caps and vetoes, one of the policy's.", dtype=pl.String),
        "risk_class": Fact(
            meaning="The environmental and social risk class.", dtype=pl.String, choices=("A", "B", "C")
        ),
        "vetoed": Fact(meaning="1 where a veto acted, else 0."),
        "green_labels": Fact(meaning="Number of green labels."),
        "transition_labels": Fact(meaning="Number of transition labels."),
    }
)
"""Facts of the decision, known once the policy's caps, vetoes, classes and labels have acted; rules that propose or
send to review may ask for them."""

FACTS: Mapping[str, Fact] = MappingProxyType({**FIRM_FACTS, **GROUP_FACTS, **SCORE_FACTS, **DECISION_FACTS})
"""Every fact a rule may name."""


def with_facts(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the facts of firm and score that a frame does not hold, as missing, and type those it holds."""
    declared = {**FIRM_FACTS, **GROUP_FACTS, **SCORE_FACTS}
    evidence = (
        (pl.col(name).cast(pl.Boolean) if name in frame.columns else pl.lit(None, dtype=pl.Boolean)).alias(
            name
        )
        for name in OWN_ROWS.values()
    )
    return frame.with_columns(
        *(
            (
                pl.col(name).cast(fact.dtype) if name in frame.columns else pl.lit(None, dtype=fact.dtype)
            ).alias(name)
            for name, fact in declared.items()
        ),
        *evidence,
    )


def facts_table(judged: pl.DataFrame) -> pl.DataFrame:
    """Return what a policy judged beside the indicators and the score, for deciding again under another policy.

    Parameters
    ----------
    judged
        What :func:`scoring.policy.decide` was given.

    Returns
    -------
    pl.DataFrame
        ``application_id``, the facts of firm and score that no policy works out and that stand in no other result file,
        and the columns of :data:`scoring.policy.references.OWN_ROWS`; sorted by ``application_id``.
    """
    declared = (*FIRM_FACTS, *GROUP_FACTS, *SCORE_FACTS)
    kept = [name for name in declared if name not in {*_OF_POLICY, *_OF_DECISIONS}]
    return with_facts(judged).select("application_id", *kept, *OWN_ROWS.values()).sort("application_id")


def policy_facts(facts: Facts) -> pl.DataFrame:
    """Return the firm's facts for rules.

    Parameters
    ----------
    facts
        What each application may see; of its tables applications, incidents and production are read.

    Returns
    -------
    pl.DataFrame
        ``application_id``, the columns of :data:`FIRM_FACTS` (null where not known) and those of
        :data:`scoring.policy.references.OWN_ROWS` (Boolean: whether every reference row that the application's own
        products name is confirmed; null where they name none), one row per application, sorted by ``application_id``.
    """
    standing = benchmark_standing(facts)
    projects = designed_positions(facts)
    ratios = latest(product_carbon_ratio(facts)).with_columns(pl.col("thresholds").str.split(", "))
    return (
        facts.applications.select("application_id", "purpose", "country")
        .join(_worst_incidents(facts), on="application_id", how="left", validate="1:1")
        .join(
            standing.select(
                "application_id",
                "benchmark_status",
                "overdue_below_baseline",
                confirmed_rows("sector_benchmarks", pl.col("products")).alias(
                    OWN_ROWS["sector_benchmarks@made"]
                ),
            ),
            on="application_id",
            how="left",
            validate="1:1",
        )
        .join(
            projects.select(
                "application_id",
                "project_position",
                confirmed_rows("sector_benchmarks", pl.concat_list("project_product")).alias(
                    OWN_ROWS["sector_benchmarks@financed"]
                ),
            ),
            on="application_id",
            how="left",
            validate="1:1",
        )
        .join(
            ratios.select(
                "application_id",
                confirmed_rows("taxonomy_thresholds", pl.col("thresholds")).alias(
                    OWN_ROWS["taxonomy_thresholds@made"]
                ),
                taxonomy_ratio="value",
            ),
            on="application_id",
            how="left",
            validate="1:1",
        )
        .select("application_id", *FIRM_FACTS, *OWN_ROWS.values())
        .sort("application_id")
    )


def _worst_incidents(facts: Facts) -> pl.DataFrame:
    environmental = incidents_of(facts, "environmental").select(
        "application_id",
        "severity",
        # Remedied later than as_of is still open on as_of.
        is_open=pl.col("rectified_on").is_null() | (pl.col("rectified_on") > pl.col("as_of")),
        recent=pl.col("occurred_on") > pl.col("as_of").dt.offset_by(f"-{WINDOW_MONTHS}mo"),
    )
    return environmental.group_by("application_id").agg(
        open_environmental_severity=pl.col("severity").filter(pl.col("is_open")).max().cast(pl.Int32),
        recent_environmental_severity=pl.col("severity").filter(pl.col("recent")).max().cast(pl.Int32),
    )
