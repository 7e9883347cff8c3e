"""The policy's numbers beside its rules: prices, reasons, what to ask for, the way to the next grade."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scoring.policy.parts import Id, Part, Text, wrong

__all__ = ["AskRules", "ImprovementRules", "OverrideReason", "PriceRules", "ReasonRules", "SignatureRules"]

_Count = Annotated[int, Field(ge=0, le=50)]


class PriceRules(Part):
    """Price in basis points over (below zero: under) the bank's own base rate, before the rules that step it.

    Parameters
    ----------
    by_grade
        Basis points of each grade; a grade that is not named has no price.
    lowest, highest
        Bounds of the price after the steps of the rules.
    """

    by_grade: dict[str, int] = Field(default_factory=dict)
    lowest: int | None = None
    highest: int | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise wrong(
                f"the lowest price ({self.lowest}) is above the highest ({self.highest})",
                "Let `lowest` not be above `highest`.",
            )
        return self


class ReasonRules(Part):
    """Which reasons are printed.

    Parameters
    ----------
    most_up, most_down
        At most so many reasons that lift, and that lower, the score.
    minimum_points
        A reason of fewer whole points is told with the rest.
    """

    most_up: _Count = 4
    most_down: _Count = 4
    minimum_points: Annotated[int, Field(ge=0)] = 1


class AskRules(Part):
    """For whom it is worked out which document to ask for.

    Parameters
    ----------
    applicants
        ``review``: those who go to manual review; ``all``; ``none``.
    most
        At most so many documents each.
    """

    applicants: Literal["review", "all", "none"] = "review"
    most: Annotated[int, Field(ge=1, le=50)] = 5


class ImprovementRules(Part):
    """For whom the way to the next grade is searched within a batch, and how far.

    Parameters
    ----------
    applicants
        ``none``; ``review``: those who go to manual review; ``below_grade``: those with a grade worse than
        ``grade``; ``all``.
    grade
        What ``below_grade`` needs.
    most_actions
        Size of the largest set of actions.
    eligible
        At most so many actions enter the exact search.
    """

    applicants: Literal["none", "review", "below_grade", "all"] = "none"
    grade: Text | None = None
    most_actions: Annotated[int, Field(ge=1, le=4)] = 4
    eligible: Annotated[int, Field(ge=1, le=12)] = 12

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.applicants == "below_grade") != (self.grade is not None):
            told = "needs" if self.grade is None else "is the only one that takes"
            raise wrong(
                f'`applicants = "below_grade"` {told} the key grade',
                "Add `grade`, or remove it with another value of `applicants`.",
            )
        return self


class OverrideReason(Part):
    """One of the reasons for which a person may set another grade than the policy's."""

    id: Id
    en: Text
    zh: Text


_OVERRIDE_REASONS = (
    OverrideReason(id="fact_not_in_data", en="A fact that the data cannot hold", zh="数据无法体现的事实"),
    OverrideReason(id="collateral_or_guarantee", en="Collateral or a guarantee", zh="抵押或担保"),
    OverrideReason(id="group_support", en="Support of the firm's group", zh="集团支持"),
    OverrideReason(id="recent_event", en="An event after the day of the score", zh="评分日之后的事件"),
    OverrideReason(id="model_limitation", en="A known limitation of the model", zh="模型已知局限"),
    OverrideReason(id="other", en="Another reason, told in the text", zh="其他原因（见说明）"),
)


class SignatureRules(Part):
    """Who must sign what people decide in the workbench.

    Parameters
    ----------
    override
        People who sign an override; 2 asks for a second one.
    agree_from_amount
        Amount of the application (10,000 CNY) from which agreeing asks for a second person as well; without it none does.
    most_override_days
        An override holds so many days at most.
    override_reasons
        What an override may give as its reason; the shipped ones where the policy names none.
    """

    override: Annotated[int, Field(ge=1, le=2)] = 2
    agree_from_amount: Annotated[float, Field(gt=0)] | None = None
    most_override_days: Annotated[int, Field(ge=1, le=3650)] = 365
    override_reasons: tuple[OverrideReason, ...] = _OVERRIDE_REASONS

    @model_validator(mode="after")
    def _check(self) -> Self:
        ids = [reason.id for reason in self.override_reasons]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice or not ids:
            raise wrong(
                f"the reasons for an override are not told apart: {', '.join(twice) or 'none is given'}",
                "Give each its own id, or leave them out for the shipped ones.",
            )
        return self
