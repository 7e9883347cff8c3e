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
    carbon_price
        Price of an emission allowance at home, CNY per tCO2e. The default is the closing price of the national
        market on 31 December 2024 (``china_ets.csv``).

    Raises
    ------
    GreenCreditError
        If an option is not one of its choices, or a price is negative.

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
    carbon_price: float = 97.49

    def __post_init__(self) -> None:
        choices = get_args(WarmingPotentials)
        if self.warming_potentials not in choices:
            raise GreenCreditError(
                f"The warming_potentials setting must be one of {', '.join(choices)}. "
                f"Got {self.warming_potentials!r} instead.",
                where="settings",
                mend="Name one of the choices.",
            )
        for name, currency in (("cbam_certificate_price", "EUR"), ("carbon_price", "CNY")):
            price = getattr(self, name)
            if not 0.0 <= price < float("inf"):
                raise GreenCreditError(
                    f"The {name} setting must be a price in {currency} per tCO2e, 0 or more. Got {price!r} instead.",
                    where="settings",
                    mend="Hand in a finite price.",
                )

    def as_dict(self) -> dict[str, str | float]:
        """Return the settings as plain values, for manifests and experiment parameters."""
        return asdict(self)
