r"""Exact SHAP values of a tree ensemble, and its score, by cell tables: less work a row than a prediction.

**The idea.** The path-dependent SHAP vector of a tree depends on a row only through the sides that the row takes at
the tree's own splits. So the space of rows is cut, once, into cells within which no split of a group of leaves
changes its answer, and a table holds the contributions of the group in every cell. Explaining a row then is: number
each value among the thresholds that the model has on its feature (its *code*), add up the moves that the codes make
through the cells of a group, read one row of the table, and add it to the contributions. How deep the trees are and
how many leaves they have no longer matters.

**The mathematics.** Let a leaf have the value v and let its path read the distinct features F. Let z_f be the product
of the cover ratios of the path's splits on f (the share of a split's training rows that went the path's way), and
o_f = 1 where the row goes the path's way at all of them, else 0. Then the leaf gives feature i

    phi_i = v (o_i - z_i) * integral over y in [0, 1] of product over j in F, j != i, of (z_j (1 - y) + o_j y).

The integral is the Shapley average over the subsets of F \ {i}: every other feature is known with probability y, and
integrating over y weighs each subset of size s of the |F| - 1 others by s! (|F| - 1 - s)! / |F|!. It is a polynomial of
degree |F| - 1, for which Gauss-Legendre with ceil(|F| / 2) nodes is exact; nothing cancels, all factors lie in
[0, 1]. A tree's contributions are the sums over its leaves, and add up, with the mean leaf value weighted by cover,
to the value of the leaf that the row falls into.

**The score** is a column of the same tables, made from the *stored* leaf values: that base and contributions add up to
it is therefore a check of both, and is made on every row by :mod:`models.explain`.

**Groups.** A whole tree is one group where its cells are few; else subtrees, down to single leaves, whichever reads
least; a leaf with too many features for any table is computed from the integral. Trees that read like features (as
interaction constraints make them) share one table. The choice changes what is added in which order, the same for
every row: the bits of a result depend on the model and the row only, not on threads, blocks or neighbours.

Sources: Lundberg et al., Nature Machine Intelligence 2 (2020), for path-dependent TreeSHAP; Yang, "Fast TreeSHAP"
(2021), for the idea of tabulating.
"""

from __future__ import annotations

from models.kernel.engine import Engine, compiled_engine_exists, engine_of
from models.kernel.program import CellTables

__all__ = ["CellTables", "Engine", "compiled_engine_exists", "engine_of"]
