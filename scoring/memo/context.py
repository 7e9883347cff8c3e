"""What the memos of one batch share: grades, rules and names of the policy, versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from features import reference
from scoring.charts import grade_colours
from scoring.telling import DEMONSTRATION, grade_label
from scoring.texts import text
from scoring.texts.values import sector_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scoring.texts import Language

__all__ = ["MemoContext", "memo_context"]


@dataclass(frozen=True, kw_only=True)
class MemoContext:
    """A batch as its memos see it.

    Parameters
    ----------
    manifest
        The batch's record.
    grades
        Grade and its minimum points (None for the lowest), best first.
    colours
        Grade to colour.
    named
        Id of an action or a support measure to its English and Chinese name.
    rules
        Id to rule of the policy.
    sectors
        Names of divisions that were looked up; filled as they are asked for.
    """

    manifest: Mapping[str, Any]
    grades: tuple[tuple[str, int | None], ...]
    colours: Mapping[str, str]
    rules: Mapping[str, Mapping[str, Any]]
    named: Mapping[str, Mapping[str, str]]
    sectors: dict[tuple[str, str], str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def demonstration(self) -> bool:
        """Whether the grades rest on simulated outcomes."""
        return bool(self.manifest["demonstration"])

    @property
    def own_industry_names(self) -> Mapping[str, tuple[str, str]]:
        """As of :attr:`scoring.results.Results.own_industry_names`."""
        return {code: (en, zh) for code, (en, zh) in self.manifest.get("own_industry_names", {}).items()}

    def grade(self, name: str, lang: Language) -> str:
        """Return a grade as it may be shown in one language."""
        label = grade_label(name, demonstration=self.demonstration)
        return label.replace(DEMONSTRATION, text("demonstration", lang))

    def grade_of(self, points: int) -> str:
        """Return the grade that the points alone give."""
        return next(name for name, minimum in self.grades if minimum is None or points >= minimum)

    def sector(self, division: str, lang: Language) -> str:
        """Return the name of an industry division; each is looked up once."""
        key = (division, lang)
        if key not in self.sectors:
            self.sectors[key] = sector_text(division, lang, own=self.own_industry_names)
        return self.sectors[key]

    def name(self, identity: str, lang: Language) -> str:
        """Return the name of an action or a support measure; the id in plain words where nobody named it."""
        return self.named.get(identity, {}).get(lang) or identity.replace("_", " ")


def memo_context(manifest: Mapping[str, Any]) -> MemoContext:
    """Return the context of a batch's memos."""
    policy = manifest["policy"]
    grades = tuple((grade["grade"], grade.get("minimum_points")) for grade in policy["grades"])
    named: dict[str, Mapping[str, str]] = {}
    for name in ("support_measures", "actions"):
        columns = reference.table(name).select("id", "name_en", "name_zh").iter_rows()
        named |= {identity: {"en": en or "", "zh": zh or en or ""} for identity, en, zh in columns}
    return MemoContext(
        manifest=manifest,
        grades=grades,
        colours=grade_colours([name for name, _ in grades]),
        rules={rule["id"]: rule for rule in policy["rules"]},
        named=named,
    )
