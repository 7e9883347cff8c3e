"""Headers of every answer: nothing from elsewhere, nothing inline, in no frame, kept in no cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["security_headers"]

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Scripts and styles from files of the product only: what a firm's name smuggles into a page does not run."""


def security_headers(*, secure: bool, static: bool) -> Mapping[str, str]:
    """Return the headers that an answer gets.

    Parameters
    ----------
    secure
        Whether browsers come by HTTPS, and shall never come without it.
    static
        Whether it is a file of the product, which anybody may keep.
    """
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
        "Cache-Control": "public, max-age=3600" if static else "no-store",
    }
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers
