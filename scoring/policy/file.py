"""Reading a policy file: every error names the file, the line, the key and the mend."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from features.errors import PolicyError
from models.toml_text import parsed, text_of
from scoring.policy.firing import resting_row
from scoring.policy.lines import lines_of_keys
from scoring.policy.references import keys, unknown_entry
from scoring.policy.rules import NEEDED, Condition, Grade, Policy, RiskClassRule, Rule
from scoring.policy.sections import (
    AskRules,
    ImprovementRules,
    OverrideReason,
    PriceRules,
    ReasonRules,
    SignatureRules,
)
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

__all__ = ["load_policy", "parse_policy"]

_MODELS: Mapping[str, type[BaseModel]] = {
    "": Policy,
    "grades": Grade,
    "risk_class": RiskClassRule,
    "rules": Rule,
    "when": Condition,
    "price": PriceRules,
    "reasons": ReasonRules,
    "asks": AskRules,
    "improvement": ImprovementRules,
    "signatures": SignatureRules,
    "override_reasons": OverrideReason,
}


def load_policy(path: Path | str | None = None) -> Policy:
    """Read and validate a policy file.

    Parameters
    ----------
    path
        A TOML file; ``None`` for the example that comes with the product.

    Returns
    -------
    Policy
        The validated policy.

    Raises
    ------
    PolicyError
        If the file is not found, is not TOML, or says something that cannot hold; the message names the
        file, the line and key of whatever is wrong, and what to do about it.

    Examples
    --------
    >>> load_policy().grade_names
    ('AAA', 'AA', 'A', 'BBB', 'BB', 'B', 'CCC', 'CC', 'C')
    """
    if path is None:
        text = resources.files("scoring").joinpath("policy.toml").read_text(encoding="utf-8")
        return parse_policy(text, file="policy.toml")
    file = Path(path)
    text = text_of(file, what="The policy file", mend="Check the path given to --policy.", error=PolicyError)
    return parse_policy(text, file=str(file))


def parse_policy(text: str, *, file: str) -> Policy:
    """Validate the text of a policy; see :func:`load_policy`.

    Parameters
    ----------
    text
        TOML.
    file
        Name of the file for messages.
    """
    content = parsed(text, what="The policy", where=file, error=PolicyError)
    try:
        policy = Policy.model_validate(content)
    except ValidationError as error:
        raise _as_policy_error(
            [_told(e, content) for e in _deepest(error.errors())], text, content, file
        ) from None
    wrong = [found for rule in policy.rules for found in _unknown_rows(rule)]
    if wrong:
        raise _as_policy_error(wrong, text, content, file)
    return policy


@dataclass(frozen=True)
class _Found:
    """One thing that is wrong: its key as a reader finds it, and how to mend it."""

    key: str
    what: str
    hint: str


def _unknown_rows(rule: Rule) -> list[_Found]:
    """Return what a rule names in the reference tables and is not there."""
    found = []
    for position, entry in enumerate(rule.rests_on):
        told = unknown_entry(entry)
        if told is not None:
            found.append(_Found(f"rules.{rule.id}.rests_on[{position}]", *told))
    row = resting_row(rule)
    if row is not None and row[1] not in keys(row[0]):
        table, key = row
        what = f"the reference table {table} has no row {key!r}"
        found.append(_Found(f"rules.{rule.id}.{NEEDED[rule.effect]}", what, did_you_mean(key, keys(table))))
    return found


def _deepest(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    # A list whose member is wrong is reported as too short as well; the member says what matters.
    places = [error["loc"] for error in errors]
    return [e for e in errors if not any(p != e["loc"] and p[: len(e["loc"])] == e["loc"] for p in places)]


def _told(error: ErrorDetails, content: dict[str, Any]) -> _Found:
    """Say what pydantic found; the key is the one its check names, else where pydantic found it."""
    key = str(error.get("ctx", {}).get("key") or _key(error["loc"], content))
    return _Found(key, *_what_and_hint(error))


def _as_policy_error(found: Sequence[_Found], text: str, content: dict[str, Any], file: str) -> PolicyError:
    lines = {_key(path, content): line for path, line in lines_of_keys(text).items()}
    if len(found) == 1:
        only = found[0]
        parts = [file, _line(lines, only.key), only.key]
        return PolicyError(f"{only.what}.", where=", ".join(part for part in parts if part), mend=only.hint)
    told = []
    for number, one in enumerate(found, start=1):
        place = ", ".join(part for part in (_line(lines, one.key), one.key) if part)
        told.append(f"{number}. {f'{place}: ' if place else ''}{one.what}. {one.hint}")
    return PolicyError(
        "\n".join([f"{len(found)} things are wrong in the policy:", *told, ""]).rstrip() + "\n",
        where=file,
        mend="Mend each key that is named.",
    )


def _line(lines: Mapping[str, int], key: str) -> str:
    """Tell the line of a key, or of the nearest part of the file that holds it; empty for the file as a whole."""
    while key:
        if key in lines:
            return f"line {lines[key]}"
        shorter = key.rsplit("[", 1)[0] if key.endswith("]") else key.rpartition(".")[0]
        key = shorter
    return ""


def _key(location: tuple[int | str, ...], content: Any) -> str:  # noqa: ANN401  (whatever the TOML held)
    """Turn pydantic's location into the key a reader finds in the file; rules and grades by their name."""
    parts: list[str] = []
    here = content
    for step in location:
        if isinstance(step, int):
            item = here[step] if isinstance(here, list) and step < len(here) else None
            name = item.get("id") or item.get("grade") if isinstance(item, dict) else None
            if isinstance(name, str):
                parts.append(name)
            elif parts:
                parts[-1] = f"{parts[-1]}[{step}]"
            here = item
        elif isinstance(here, dict):
            parts.append(step)
            here = here.get(step)
        # other steps name a member of a union; the file does not know them
    return ".".join(parts)


def _what_and_hint(error: ErrorDetails) -> tuple[str, str]:
    context = error.get("ctx", {})
    if error["type"] == "policy":
        return str(context["what"]), str(context["hint"])
    key = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return f"unknown key {key!r}", did_you_mean(key, _known_keys(error["loc"]))
    if error["type"] == "missing":
        return f"the key {key} is missing", f"Add `{key}`."
    if error["type"] == "literal_error":
        choices = [
            choice.strip(" '\"") for choice in str(context["expected"]).replace(" or ", ", ").split(",")
        ]
        got = str(error["input"])
        return f"unknown {key} {got!r}", did_you_mean(got, choices)
    message = error["msg"]
    return f"{message[:1].lower()}{message[1:]}, got {error['input']!r}", "Correct the value."


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    owner = next((step for step in reversed(location[:-1]) if isinstance(step, str) and step in _MODELS), "")
    model = _MODELS.get(owner, Policy)
    return [field.alias or name for name, field in model.model_fields.items()]
