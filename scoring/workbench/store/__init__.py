"""The store: one database for batches, people and the audit; SQLite by default, PostgreSQL by URL.

:func:`open_store` opens it and brings its tables up to date; every writing goes through :meth:`Store.write`.
"""

from __future__ import annotations

from scoring.workbench.store.engine import Store, open_store

__all__ = ["Store", "open_store"]
