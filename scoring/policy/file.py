"""Reading a policy file: every error names the file, the key and the mend."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from features.errors import PolicyError
from models.toml_text import parsed, text_of
from scoring.policy.references import check_rests_on
from scoring.policy.rules import Condition, Grade, Policy, RiskClassRule, Rule
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
        file, each wrong key and what to do about it.

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
        raise _as_policy_error(error.errors(), content=content, file=file) from None
    for rule in policy.rules:
        check_rests_on(rule.rests_on, file=file, key=f"rules.{rule.id}.rests_on")
    return policy


def _as_policy_error(errors: Sequence[ErrorDetails], *, content: dict[str, Any], file: str) -> PolicyError:
    # A list whose member is wrong is reported as too short as well; the member says what matters.
    places = [error["loc"] for error in errors]
    deepest = [e for e in errors if not any(p != e["loc"] and p[: len(e["loc"])] == e["loc"] for p in places)]
    told = [(_named(error, content), *_what_and_hint(error)) for error in deepest]
    if len(told) == 1:
        key, what, hint = told[0]
        return PolicyError(f"{what}.", where=f"{file}, {key}" if key else file, mend=hint)
    lines = [
        f"{number}. {f'{key}: ' if key else ''}{what}. {hint}"
        for number, (key, what, hint) in enumerate(told, start=1)
    ]
    return PolicyError(
        "\n".join([f"{len(told)} things are wrong in the policy:", *lines, ""]).rstrip() + "\n",
        where=file,
        mend="Mend each key that is named.",
    )


def _named(error: ErrorDetails, content: dict[str, Any]) -> str:
    """Return the key of an error: the one its check names, else where pydantic found it."""
    return str(error.get("ctx", {}).get("key") or _key(error["loc"], content))


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
    owner = next((step for step in reversed(location[:-1]) if isinstance(step, str)), "")
    model = _MODELS.get(owner, Policy)
    return [field.alias or name for name, field in model.model_fields.items()]
