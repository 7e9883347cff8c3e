from typing import Any, TypeAlias, final

from numpy.typing import NDArray

_Array: TypeAlias = NDArray[Any]

@final
class Program:
    def __new__(
        cls,
        n_features: int,
        threshold_offset: _Array,
        thresholds: _Array,
        categories: _Array,
        node_offset: _Array,
        leaf_offset: _Array,
        feature: _Array,
        cut: _Array,
        words: _Array,
        missing_left: _Array,
        left: _Array,
        right: _Array,
        left_share: _Array,
        right_share: _Array,
        category_words: _Array,
        value: _Array,
        stored: _Array,
        bundles: _Array,
        nodes: _Array,
        weights: _Array,
        block: float,
    ) -> Program: ...
    def run(
        self,
        rows: _Array | list[NDArray[Any]],
        contributions: _Array | None,
        raw: _Array,
        first: int,
        last: int,
        block: int,
        /,
    ) -> None: ...
    def describe(self) -> dict[str, int]: ...
