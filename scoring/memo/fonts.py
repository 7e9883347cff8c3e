"""The fonts of a PDF: one that has Chinese must be found, or the error names what to install."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import typst

from features.errors import GreenCreditError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["CHINESE", "chinese_family", "fonts"]

CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "SimHei",
    "Noto Serif CJK SC",
    "Noto Serif SC",
    "Source Han Serif SC",
    "SimSun",
    "Songti SC",
    "AR PL UMing CN",
)
"""Families with simplified Chinese, the first that is found is used."""


@cache
def fonts(folder: Path | None = None) -> typst.Fonts:
    """Return the fonts of the system, and those of a folder beside them; searched once."""
    return typst.Fonts(include_system_fonts=True, font_paths=[] if folder is None else [folder])


def chinese_family(families: Collection[str]) -> str:
    """Return the first family that has simplified Chinese.

    Parameters
    ----------
    families
        Families that were found.

    Raises
    ------
    GreenCreditError
        If none was found; the message says what to install.

    Examples
    --------
    >>> chinese_family(["DejaVu Sans", "SimSun", "Noto Serif SC"])
    'Noto Serif SC'
    """
    found = next((family for family in CHINESE if family in families), None)
    if found is None:
        raise GreenCreditError(
            "No font with Chinese characters was found, so a PDF cannot be set. 未找到中文字体，无法生成PDF。",
            where=f"{len(set(families))} font families of this machine",
            mend="Install one, such as Noto Sans CJK (Debian and Ubuntu: apt install fonts-noto-cjk; Fedora: dnf install "
            "google-noto-sans-cjk-fonts; others: https://fonts.google.com/noto), or name a folder with --fonts. "
            "请安装中文字体（如 Noto Sans CJK、文泉驿微米黑），或用 --fonts 指定字体文件夹。",
        )
    return found
