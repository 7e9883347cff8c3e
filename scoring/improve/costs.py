"""What actions cost: quotes that a bank or a customer writes into ``costs.toml``, else what the table knows, else unknown.

The file::

    version = "2026-01"

    [[quotes]]
    action = "rooftop_pv"
    unit = "CNY/Wp"                # or "10k CNY" for the whole measure, or "CNY/kWh" of its electricity a year
    low = 2.8
    high = 3.4                     # left out where one price was quoted
    firm_id = "91110000..."        # left out where the quote is for every firm
    size = 800.0                   # photovoltaics: kWp; else in the unit of the action's effect; typical where left out
    source = "Quote of the installer, 2026-01-10"
    valid_to = 2026-12-31          # left out where it is open

A cost that nobody knows stays unknown. It is never zero, and a sum with an unknown part is unknown.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003  (pydantic reads the annotation)
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from features.errors import GreenCreditError
from models.toml_text import parsed, text_of
from scoring.improve.catalogue import NOT_OFFERED
from scoring.improve.effects import EFFECTS
from scoring.policy.lines import lines_of_keys
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from scoring.policy.lines import Path as Place

__all__ = ["Costs", "Quote", "load_costs", "parse_costs"]

Unit = Literal["10k CNY", "CNY/Wp", "CNY/kWh"]

_ELECTRIC = frozenset(
    {
        "rooftop_pv",
        "whr_kiln_power",
        "green_power",
        "motor_old_ie3",
        "motor_ie3_ie5",
        "transformer_s22",
        "vsd",
        "compressed_air",
    }
)
"""Actions whose electricity a price per kWh can be of."""

_SHARES = frozenset({"coal_boiler_gas", "coal_boiler_biomass", "green_power", "carbon_capture"})
"""Actions whose size is a share of one."""

_PERCENTS = frozenset(
    {
        "boiler_economiser",
        "steam_traps",
        "whr_flue",
        "regenerative_burner",
        "motor_old_ie3",
        "motor_ie3_ie5",
        "transformer_s22",
        "vsd",
        "compressed_air",
        "enms",
        "cleaner_production",
        "water_reuse",
        "waste_recycling",
        "alt_fuel_kiln",
    }
)
"""Actions whose size is a percentage."""

_OTHER_SIZES = frozenset({"rooftop_pv", "whr_kiln_power"})

_Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _wrong(what: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("costs", "{what}", {"what": what, "hint": hint})


class Quote(BaseModel):
    """One price; see the module for its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: str
    unit: Unit
    low: _Money
    high: _Money | None = None
    firm_id: Annotated[str, Field(min_length=1)] | None = None
    size: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    source: Annotated[str, Field(min_length=1)]
    valid_to: dt.date | None = None

    @property
    def highest(self) -> float:
        """The upper end of the price."""
        return self.low if self.high is None else self.high

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.action in NOT_OFFERED:
            raise _wrong(f"the action {self.action} is not offered", NOT_OFFERED[self.action][0])
        if self.action not in EFFECTS:
            raise _wrong(f"unknown action {self.action!r}", did_you_mean(self.action, EFFECTS))
        if self.highest < self.low:
            raise _wrong(
                f"`high` ({self.high}) is below `low` ({self.low})", "Exchange the two, or correct one."
            )
        if self.unit == "CNY/Wp" and self.action != "rooftop_pv":
            raise _wrong(
                f"{self.action} has no peak power for a price in CNY/Wp",
                'Give the price of the whole measure: `unit = "10k CNY"`.',
            )
        if self.unit == "CNY/kWh" and self.action not in _ELECTRIC:
            raise _wrong(
                f"{self.action} has no electricity for a price in CNY/kWh",
                'Give the price of the whole measure: `unit = "10k CNY"`.',
            )
        self._check_size()
        return self

    def _check_size(self) -> None:
        if self.size is None:
            return
        most = 1.0 if self.action in _SHARES else 100.0 if self.action in _PERCENTS else None
        if most is None and self.action not in _OTHER_SIZES:
            raise _wrong(f"{self.action} has no size", "Remove `size`.")
        if most is not None and self.size > most:
            what = "share" if most == 1.0 else "percentage"
            raise _wrong(
                f"the size of {self.action} is a {what}, at most {most:g}, got {self.size:g}",
                "Correct `size`.",
            )


class Costs(BaseModel):
    """The quotes of a file.

    Parameters
    ----------
    version
        The bank's name of the edition; empty where there is no file.
    quotes
        In the order of the file; for one action and firm there is one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[str, Field(min_length=1)] = "none"
    quotes: tuple[Quote, ...] = ()

    def quote(self, action: str, firm_id: str, as_of: dt.date) -> Quote | None:
        """Return the quote for a firm on a day: its own, else the one for every firm, else None."""
        holding = [
            quote
            for quote in self.quotes
            if quote.action == action
            and quote.firm_id in {None, firm_id}
            and (quote.valid_to is None or as_of <= quote.valid_to)
        ]
        return max(holding, key=lambda quote: quote.firm_id is not None, default=None)


def load_costs(path: Path | str | None) -> Costs:
    """Read and validate a file of quotes.

    Parameters
    ----------
    path
        A TOML file; None where there are no quotes.

    Raises
    ------
    GreenCreditError
        If the file is not found, is not TOML, or says something that cannot hold; the message names file, line and key
        of whatever is wrong, and what to do about it.

    Examples
    --------
    >>> load_costs(None).quotes
    ()
    """
    if path is None:
        return Costs()
    text = text_of(
        Path(path), what="The file of quotes", mend="Check the path given to --costs.", error=GreenCreditError
    )
    return parse_costs(text, file=str(path))


def parse_costs(text: str, *, file: str) -> Costs:
    """Validate the text of a file of quotes; see :func:`load_costs`."""
    content = parsed(text, what="The file of quotes", where=file, error=GreenCreditError)
    if "version" not in content:
        raise GreenCreditError(
            "The key version is missing.", where=file, mend='Add `version = "2026-01"` at the top.'
        )
    lines = lines_of_keys(text)
    try:
        costs = Costs.model_validate(content)
    except ValidationError as error:
        raise _told(error.errors()[0], lines, file=file) from None
    seen: dict[tuple[str, str | None], int] = {}
    for position, quote in enumerate(costs.quotes):
        key = (quote.action, quote.firm_id)
        if key in seen:
            whom = "every firm" if quote.firm_id is None else f"firm {quote.firm_id}"
            raise GreenCreditError(
                f"{quote.action} is quoted twice for {whom}.",
                where=f"{file}, line {lines['quotes', position]}, quotes[{position}]",
                mend=f"Remove one; the other stands in line {lines['quotes', seen[key]]}.",
            )
        seen[key] = position
    return costs


def _told(error: ErrorDetails, lines: Mapping[Place, int], *, file: str) -> GreenCreditError:
    place = tuple(error["loc"])
    known = place
    while known and lines.get(known) is None:
        known = known[:-1]
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
    where = ", ".join(part for part in (file, f"line {lines.get(known)}" if known else "", key) if part)
    context = error.get("ctx", {})
    if error["type"] == "costs":
        return GreenCreditError(f"{context['what']}.", where=where, mend=str(context["hint"]))
    name = str(place[-1]) if place else ""
    if error["type"] == "extra_forbidden":
        known_keys = Quote.model_fields if "quotes" in place else Costs.model_fields
        return GreenCreditError(f"Unknown key {name!r}.", where=where, mend=did_you_mean(name, known_keys))
    if error["type"] == "missing":
        return GreenCreditError(f"The key {name} is missing.", where=where, mend=f"Add `{name}`.")
    return GreenCreditError(
        f"{error['msg']}, got {error['input']!r}.", where=where, mend="Correct the value."
    )
