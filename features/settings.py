"""The choices that change an indicator's value, in one frozen object that a manifest can write down."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from features.errors import GreenCreditError

__all__ = ["Settings", "WarmingPotentials"]

WarmingPotentials = Literal["ar4", "ar5", "ar6"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the indicators are computed.

    Parameters
    ----------
    warming_potentials
        Assessment report of the IPCC whose GWP100 turns tonnes of a gas into tCO2e. Rows handed in in tCO2e
        stand under their reporter's own potentials.
    cbam_certificate_price
        Price of an EU border-adjustment certificate, EUR per tCO2e.

    Raises
    ------
    GreenCreditError
        If an option is not one of its choices, or the price is negative.

    Examples
    --------
    >>> Settings().warming_potentials
    'ar5'
    >>> Settings(warming_potentials="ar3")
    Traceback (most recent call last):
    features.errors.GreenCreditError: The warming_potentials setting must be one of ar4, ar5, ar6. Got 'ar3' instead...
    """

    warming_potentials: WarmingPotentials = "ar5"
    cbam_certificate_price: float = 80.0

    def __post_init__(self) -> None:
        choices = get_args(WarmingPotentials)
        if self.warming_potentials not in choices:
            raise GreenCreditError(
                f"The warming_potentials setting must be one of {', '.join(choices)}. "
                f"Got {self.warming_potentials!r} instead.",
                where="settings",
                mend="Name one of the choices.",
            )
        if not 0.0 <= self.cbam_certificate_price < float("inf"):
            raise GreenCreditError(
                "The cbam_certificate_price setting must be a price in EUR per tCO2e, 0 or more. "
                f"Got {self.cbam_certificate_price!r} instead.",
                where="settings",
                mend="Hand in a finite price.",
            )

    def as_dict(self) -> dict[str, str | float]:
        """Return the settings as plain values, for manifests and experiment parameters."""
        return asdict(self)
