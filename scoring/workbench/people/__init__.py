"""Who may do what: roles and permissions, passwords, sessions, and the lock-out after failed sign-ins."""

from __future__ import annotations

from scoring.workbench.people.accounts import Person, add_person, change_person, person_of, sign_in
from scoring.workbench.people.permissions import PERMISSIONS, ROLES, Permission, Role
from scoring.workbench.people.sessions import Session, end_session, read_session, start_session

__all__ = [
    "PERMISSIONS",
    "ROLES",
    "Permission",
    "Person",
    "Role",
    "Session",
    "add_person",
    "change_person",
    "end_session",
    "person_of",
    "read_session",
    "sign_in",
    "start_session",
]
