"""The workbench in a browser: pages rendered on the server, that work without scripts and ask nothing of the network.

- ``app``: puts everything together; ``routing``: a page and the permission it asks for, declared in one place.
- ``visit``: one request of one person, checked; what every page gets.
- ``pages``: one file for each page.
"""

from __future__ import annotations

from scoring.workbench.web.app import create_app
from scoring.workbench.web.state import Workbench

__all__ = ["Workbench", "create_app"]
