"""The review workbench: people look at scores, decide, sign, and leave an audit that can be replayed.

- ``store``: the database (SQLite or PostgreSQL), its tables and migrations.
- ``audit``: append-only records in a keyed hash chain, and what finds a broken one.
"""
