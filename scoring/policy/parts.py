"""What every part of a policy is built on: a frozen model that forbids unknown keys, and its error."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

__all__ = ["Id", "Part", "RiskClass", "Text", "wrong"]

RiskClass = Literal["A", "B", "C"]
"""Environmental and social risk class, A the strictest."""

Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


def wrong(what: str, hint: str, *, key: str = "") -> PydanticCustomError:
    """Return the error of a check: what is wrong, how to mend it, and the key where pydantic cannot know it."""
    # Hint and key travel in the error's context, apart from the message; braces would be read as a template.
    return PydanticCustomError("policy", "{what}", {"what": what, "hint": hint, "key": key})


class Part(BaseModel):
    """Base of the parts of a policy."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
