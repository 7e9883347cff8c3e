"""Roles and what each may do, declared once; every route names one of these permissions."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PERMISSIONS", "ROLES", "ROLE_NAMES", "Permission", "Role"]


class Permission(StrEnum):
    """What a person or a token may do."""

    read_scores = "read_scores"
    decide = "decide"
    sign = "sign"
    correct = "correct"
    upload = "upload"
    read_quarantine = "read_quarantine"
    read_portfolio = "read_portfolio"
    read_models = "read_models"
    read_audit = "read_audit"
    replay = "replay"
    manage_people = "manage_people"
    manage_batches = "manage_batches"
    score = "score"


class Role(StrEnum):
    """What a person is."""

    officer = "officer"
    reviewer = "reviewer"
    modeller = "modeller"
    auditor = "auditor"
    administrator = "administrator"


PERMISSIONS: Mapping[Permission, tuple[str, str]] = MappingProxyType(
    {
        Permission.read_scores: ("See batches, the queue and applications", "查看批次、队列和申请"),
        Permission.decide: ("Agree, override, send back, take up an appeal", "同意、推翻、退回、受理申诉"),
        Permission.sign: ("Sign as the second person", "作为第二人签字"),
        Permission.correct: ("Correct a fact", "更正数据"),
        Permission.upload: ("Hand in a workbook", "上传文件"),
        Permission.read_quarantine: ("See and download refused rows", "查看和下载隔离数据"),
        Permission.read_portfolio: ("See the portfolio", "查看组合"),
        Permission.read_models: ("See models and drift", "查看模型和漂移"),
        Permission.read_audit: ("See and verify the audit", "查看和验证审计"),
        Permission.replay: ("Compute a decision again", "重算决定"),
        Permission.manage_people: ("Add and change people and tokens", "管理用户和令牌"),
        Permission.manage_batches: ("Take in batches", "导入批次"),
        Permission.score: ("Score by the API", "通过接口评分"),
    }
)
"""Permissions with their names in English and Chinese."""

_READ = frozenset(
    {
        Permission.read_scores,
        Permission.read_quarantine,
        Permission.read_portfolio,
        Permission.read_models,
    }
)

ROLES: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.officer: _READ | {Permission.decide, Permission.correct, Permission.upload, Permission.score},
        Role.reviewer: _READ
        | {
            Permission.decide,
            Permission.sign,
            Permission.correct,
            Permission.upload,
            Permission.read_audit,
            Permission.replay,
            Permission.score,
        },
        Role.modeller: _READ | {Permission.replay, Permission.score},
        # Reads only: nothing an auditor does may change what is audited.
        Role.auditor: _READ | {Permission.read_audit, Permission.replay},
        # Manages and does not decide: whoever gives rights must not use them.
        Role.administrator: _READ
        | {Permission.manage_people, Permission.manage_batches, Permission.read_audit},
    }
)
"""What each role may do."""

ROLE_NAMES: Mapping[Role, tuple[str, str]] = MappingProxyType(
    {
        Role.officer: ("Loan officer", "客户经理"),
        Role.reviewer: ("Risk reviewer", "风险审查"),
        Role.modeller: ("Modeller", "模型人员"),
        Role.auditor: ("Auditor", "审计"),
        Role.administrator: ("Administrator", "管理员"),
    }
)
"""Roles with their names in English and Chinese."""
