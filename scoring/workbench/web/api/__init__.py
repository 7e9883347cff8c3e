"""The API under ``/api/v1``: applications scored as they are handed in, and what the workbench knows of batches, as JSON.

A request carries a token (``Authorization: Bearer ...``), never the cookie of a browser, so no other site can make one.

- ``routing``: a route and the permission it asks for, declared in one place; ``problems``: every error with its hint.
- ``limits``: how much a token may ask for; ``repeated``: one answer for one idempotency key.
- ``collector`` and ``together``: requests that come at the same time are scored together, each for itself.
- ``openapi``: the description, generated from the routes and the data contract.
"""

from __future__ import annotations

from scoring.workbench.web.api.problems import is_api
from scoring.workbench.web.api.routes import ALL, install, problem_of_parameters, problem_of_status

__all__ = ["ALL", "install", "is_api", "problem_of_parameters", "problem_of_status"]
