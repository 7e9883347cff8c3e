"""What a command did, as text for a terminal: a training run and a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from scoring.columns_text import columns_text
from scoring.telling import grade_label
from scoring.training_notes import leak_lines, range_lines
from scoring.validation_text import validation_lines

if TYPE_CHECKING:
    from pathlib import Path

    from models.stability import ReasonStability
    from scoring.results import Results
    from scoring.training import Training

__all__ = ["DEMONSTRATION_LINE", "score_text", "train_text"]

DEMONSTRATION_LINE = "DEMONSTRATION: the outcomes are simulated; no figure here says anything about a real borrower. 演示：结果为模拟数据。"


def train_text(training: Training) -> str:
    """Return what a training run gave, the holdout AUC beside its ceilings."""
    result = training.result
    metrics, counts = result.metrics, result.counts
    lines = [DEMONSTRATION_LINE, ""] if training.label_origin == "simulated" else []
    rows = [
        [
            "holdout AUC",
            f"{metrics['auc']:.3f}",
            f"95 % interval {metrics['auc_low']:.3f} to {metrics['auc_high']:.3f}",
        ]
    ]
    if training.ceilings is not None:
        rows += [
            ["visible ceiling", *_ceiling(training.ceilings["visible_auc"])],
            ["ceiling of the true probability", *_ceiling(training.ceilings["true_auc"])],
        ]
    lines.append(columns_text(rows, right=(1,)))
    if training.ceilings is not None:
        lines.append("  The ceilings are what a model can reach at most on the product's own simulation.")
    if training.ceilings_note:
        lines.append(f"  No ceilings to hold it against: {training.ceilings_note}")
    lines += ["", *validation_lines(result.report)]
    lines += ["", *_reasons(result.stability, result.stability_note)]
    lines += [
        "",
        columns_text([[name.replace("_", " "), f"{count:,}"] for name, count in counts.items()], right=(1,)),
        *(["", *told] if (told := range_lines(result.ranges)) else []),
        "",
        *leak_lines(result.leaks),
    ]
    alias = f" and is now {result.alias}" if result.alias else ""
    lines += ["", f"Registered as green-credit version {result.version}{alias}; run {result.run_id}."]
    if not result.alias and training.label_origin == "simulated":
        lines.append(
            f"It did not become champion; name it with: greencredit score --model models:/green-credit/{result.version}"
        )
    return "\n".join(lines)


def _reasons(stability: ReasonStability | None, note: str) -> list[str]:
    """Tell how stable the reasons are."""
    if stability is None:
        return [f"  Stability of the reasons: not measured. {note}"]
    rows = [
        ["by indicator", f"{100 * stability.changed_by_indicator:.0f} %"],
        ["by family", f"{100 * stability.changed_by_family:.0f} %"],
    ]
    return [
        (
            f"Applicants whose {stability.top} strongest reasons change between two resamples of the training firms "
            f"({stability.applicants:,} applicants):"
        ),
        columns_text(rows, right=(1,)),
    ]


def _ceiling(measured: dict[str, Any]) -> list[str]:
    return [f"{measured['value']:.3f}", f"95 % interval {measured['low']:.3f} to {measured['high']:.3f}"]


def score_text(results: Results, *, out: Path) -> str:
    """Return grades, counts and where the files are."""
    decisions, applications = results.decisions, results.manifest["applications"]
    names = [grade["grade"] for grade in results.manifest["policy"]["grades"]]
    counted = dict(decisions.group_by("grade").len().iter_rows())
    total = max(decisions.height, 1)
    lines = [DEMONSTRATION_LINE, ""] if results.demonstration else []
    lines.append(
        columns_text(
            [
                ["grade 等级", "applications 申请", "share 占比", ""],
                *(
                    [
                        grade_label(name, demonstration=results.demonstration),
                        f"{counted.get(name, 0):,}",
                        f"{100 * counted.get(name, 0) / total:.1f} %",
                        "█" * round(40 * counted.get(name, 0) / total),
                    ]
                    for name in names
                ),
            ],
            right=(1, 2),
        )
    )
    refused = ", ".join(f"{rule} {count:,}" for rule, count in applications["refused_by_rule"].items())
    quarantined = results.quarantine.select("table", "row").n_unique()
    lines += [
        "",
        (
            f"{applications['in']:,} applications in = {applications['scored']:,} scored + {applications['refused']:,} refused"
            f"{f' ({refused})' if refused else ''} + {applications['duplicates']:,} duplicates"
        ),
        (
            f"{decisions['review'].sum():,} go to review; {decisions.filter(pl.col('grade') != pl.col('grade_before_caps')).height:,} "
            f"grades were capped; {quarantined:,} rows stand in the quarantine"
        ),
        *_policy_lines(decisions),
        f"The page to read first: {out / 'report.html'}",
    ]
    return "\n".join(lines)


def _policy_lines(decisions: pl.DataFrame) -> list[str]:
    """Tell vetoes, watch-list and labels, and decisions of days for which the policy does not hold."""
    vetoed, watched = (int(decisions[name].sum()) for name in ("vetoed", "watch_list"))
    labelled, candidates = (
        int((decisions[name].list.len() > 0).sum()) for name in ("labels", "label_candidates")
    )
    lines = [
        (
            f"{vetoed:,} vetoed, {watched:,} on the watch-list; {labelled:,} with a label, {candidates:,} with one that a "
            "person has to confirm"
        )
    ]
    outside = int((~decisions["policy_in_force"]).sum())
    if outside:
        lines.append(
            f"NOTICE: {outside:,} applications are of days outside the policy's dates. 提示：{outside:,}笔申请不在政策有效期内。"
        )
    return lines
