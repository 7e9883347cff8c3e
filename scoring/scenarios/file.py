"""Reading a scenario from TOML: every message names the line, the key and the mend.

A file looks like this; every key but the name may be left out, and paths are read from the file's own folder::

    name = "dear_carbon_2030"
    en = "Carbon at 200 yuan, the grid a fifth cleaner"
    zh = "碳价200元，电网因子下降两成"
    factors = "factors-2030"       # folder of reference tables, laid over the base's
    policy = "policy-2030.toml"

    [settings]                     # of the indicators
    carbon_price = 200.0           # CNY per tCO2e
    cbam_certificate_price = 120.0 # EUR per tCO2e

    [scale]
    grid_factors = 0.8
    allowances = 0.9

    [editions]                     # whose edition holds for every year
    sector_benchmarks = 2030-01-01
"""

from __future__ import annotations

import datetime as dt
import math
import re
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from features.errors import GreenCreditError, ScenarioError
from features.reference import TABLES_BY_YEAR
from features.settings import Settings
from models.toml_text import parsed, text_of
from scoring.policy.lines import lines_of_keys
from scoring.scenarios.scenario import SCALES, SETTINGS, Scenario
from scoring.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parse_scenario", "read_scenario"]

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_TABLES = ("settings", "scale", "editions")
_TEXTS = ("name", "en", "zh", "factors", "policy")
_Problem = tuple[tuple[str, ...], str, str]
"""The key, what is wrong with it, and the mend."""


def read_scenario(path: Path | str) -> Scenario:
    """Read and validate a scenario.

    Raises
    ------
    ScenarioError
        If the file is not found, is not TOML, or says something that cannot hold: every mistake with its line and key.
    """
    file = Path(path)
    text = text_of(
        file, what="The scenario file", mend="Check the path given to --scenario.", error=ScenarioError
    )
    return parse_scenario(text, file=file)


def parse_scenario(text: str, *, file: Path) -> Scenario:
    """Validate the text of a scenario; see :func:`read_scenario`.

    Parameters
    ----------
    text
        TOML.
    file
        For messages; paths within the text are read from its folder.
    """
    content = parsed(text, what="The scenario", where=str(file), error=ScenarioError)
    problems = [
        *_heads(content),
        *_settings(_table(content, "settings")),
        *_scales(_table(content, "scale")),
        *_editions(_table(content, "editions")),
        *_paths(content, file.parent),
    ]
    if problems:
        raise _refusal(problems, lines=lines_of_keys(text), file=file)
    return Scenario(
        name=content["name"],
        en=content.get("en", ""),
        zh=content.get("zh", ""),
        settings=MappingProxyType(
            {
                name: float(value) if isinstance(SETTINGS[name], float) else value
                for name, value in _table(content, "settings").items()
            }
        ),
        scale=MappingProxyType({name: float(value) for name, value in _table(content, "scale").items()}),
        editions=MappingProxyType(_table(content, "editions")),
        factors=file.parent / content["factors"] if "factors" in content else None,
        policy=file.parent / content["policy"] if "policy" in content else None,
    )


def _table(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = content.get(name, {})
    return found if isinstance(found, dict) else {}


def _heads(content: Mapping[str, Any]) -> list[_Problem]:
    known = (*_TEXTS, *_TABLES)
    problems: list[_Problem] = [
        ((key,), f"unknown key {key!r}", did_you_mean(key, known)) for key in content if key not in known
    ]
    problems += [
        ((key,), f"{key} must be a text, got {content[key]!r}", f'Write {key} = "...".')
        for key in _TEXTS
        if key in content and not (isinstance(content[key], str) and content[key].strip())
    ]
    problems += [
        ((key,), f"{key} must be a table, got {content[key]!r}", f"Write [{key}] with its keys below.")
        for key in _TABLES
        if key in content and not isinstance(content[key], dict)
    ]
    name = content.get("name")
    if name is None:
        problems.append((("name",), "the scenario has no name", 'Add name = "..." at the top.'))
    elif isinstance(name, str) and name.strip() and not _NAME.fullmatch(name):
        problems.append(
            (("name",), f"the name {name!r} cannot stand in a file", "Use letters, digits, - and _.")
        )
    return problems


def _settings(table: Mapping[str, Any]) -> list[_Problem]:
    problems: list[_Problem] = []
    for key, value in table.items():
        where = ("settings", key)
        if key not in SETTINGS:
            problems.append((where, f"unknown setting {key!r}", did_you_mean(key, SETTINGS)))
            continue
        numeric = isinstance(SETTINGS[key], float)
        if not (_is_number(value) if numeric else isinstance(value, str)):
            wanted = "a number" if numeric else "a text in quotes"
            problems.append(
                (where, f"{key} must be {wanted}, got {value!r}", f"Today it is {SETTINGS[key]!r}.")
            )
            continue
        try:
            Settings(**{key: value})
        except GreenCreditError as error:
            problems.append((where, error.what.rstrip("."), error.mend))
    return problems


def _scales(table: Mapping[str, Any]) -> list[_Problem]:
    problems: list[_Problem] = []
    for key, value in table.items():
        if key not in SCALES:
            problems.append((("scale", key), f"unknown scale {key!r}", did_you_mean(key, SCALES)))
        elif not _is_number(value) or not 0 <= value < math.inf:
            problems.append(
                (
                    ("scale", key),
                    f"{key} must be a factor of 0 or more, got {value!r}",
                    "Write 0.9 for a tenth less.",
                )
            )
    return problems


def _editions(table: Mapping[str, Any]) -> list[_Problem]:
    problems: list[_Problem] = []
    for key, value in table.items():
        if key not in TABLES_BY_YEAR:
            problems.append(
                (
                    ("editions", key),
                    f"the year of a fact chooses no edition of {key!r}",
                    did_you_mean(key, TABLES_BY_YEAR),
                )
            )
        elif not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            problems.append(
                (("editions", key), f"{key} must be a day, got {value!r}", "Write a day such as 2026-01-01.")
            )
    return problems


def _paths(content: Mapping[str, Any], folder: Path) -> list[_Problem]:
    problems: list[_Problem] = []
    factors, policy = content.get("factors"), content.get("policy")
    if isinstance(factors, str) and factors.strip() and not (folder / factors).is_dir():
        problems.append(
            (("factors",), f"there is no folder {factors!r}", "Write its path from the scenario file.")
        )
    if isinstance(policy, str) and policy.strip() and not (folder / policy).is_file():
        problems.append(
            (("policy",), f"there is no file {policy!r}", "Write its path from the scenario file.")
        )
    return problems


def _is_number(value: Any) -> bool:  # noqa: ANN401  (whatever the TOML held)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)


def _refusal(
    problems: list[_Problem], *, lines: Mapping[tuple[str | int, ...], int], file: Path
) -> ScenarioError:
    placed = sorted(
        (lines.get(key, lines.get(key[:1], 1)), ".".join(key), what, mend) for key, what, mend in problems
    )
    if len(placed) == 1:
        line, key, what, mend = placed[0]
        return ScenarioError(
            f"The scenario cannot be used: {what}.", where=f"{file}, line {line}, {key}", mend=mend
        )
    told = [f"line {line}, {key}: {what}. {mend}" for line, key, what, mend in placed]
    return ScenarioError(
        "\n".join([f"{len(placed)} things are wrong in the scenario:", *told, ""]),
        where=str(file),
        mend="Mend each line that is named.",
    )
