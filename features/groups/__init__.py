"""Groups: who belongs to which ultimate parent on a day, and the indicators of the group as one.

**Boundary.** The equity-share approach of the GHG Protocol (Corporate Standard, chapter 3): of every fact of a firm the
group counts the part that it owns (proportional consolidation), whether or not it controls the firm. Sums are of the
facts, and intensities and shares are computed from the sums, by the same code as a firm's own: cutting a firm into two
changes nothing. The holdings of ``as_of`` hold for all years, as the GHG Protocol recalculates earlier years.
Facts are of legal units: sales between members cancel out in the energy, but not in revenue.

**Who is owned by whom** (:func:`holdings`, :func:`roll_up`); each case that is not plain is a finding:

===================== ==============================================================================================
not yet valid, ended  does not count on ``as_of``; of several rows of one owner the latest one that has begun stands,
                      and once it has ended the holding has ended
no share stated       the firm is a member with an unknown share, and what it is part of is missing in the sums
shares below 1        the rest belongs to owners nobody named, and counts in no group
shares above 1        scaled down to 1 together, so that nothing counts twice
several parents       each gets its share; several ways to one parent add up
circles               a share that goes round is followed until less than 1e-12 of it is left (or 2,000 steps: a
                      finding): the sum over all ways
circle without owner  no parent is the last: each firm in it, and below it, is a group of its own
share of 0            is no holding
===================== ==============================================================================================

**What is missing** stays missing: a year counts where every member handed in the fact, else the group has no such sum.
Output, allowances and verified emissions are asked only of members that can have them (:mod:`features.groups.activity`).
A parent of which no annual figure, energy, emissions or output was handed in is a mere holding and counts as what it holds.

**What is no sum** goes by holdings (:mod:`features.groups.standing`): incidents by share, certificates of the firms of which
the parent owns more than half, the coverage of management systems by employees. Industry and place are the group's where
all members have them in common; a group of several industries is not told that an indicator does not apply to it.
What is not given, and why, stands in :data:`NOT_OF_GROUPS`.
"""

from __future__ import annotations

from features.groups.given import GROUP_INDICATORS, NOT_OF_GROUPS
from features.groups.holdings import GROUP_FINDINGS, holdings, roll_up
from features.groups.view import GroupView, groups

__all__ = [
    "GROUP_FINDINGS",
    "GROUP_INDICATORS",
    "NOT_OF_GROUPS",
    "GroupView",
    "groups",
    "holdings",
    "roll_up",
]
