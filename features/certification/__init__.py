"""The certification family: :func:`indicators`, and :func:`certificate_checks` of their dates; ``ledger`` is behind both."""

from features.certification.date_checks import certificate_checks
from features.certification.family import indicators, label_schemes

__all__ = ["certificate_checks", "indicators", "label_schemes"]
