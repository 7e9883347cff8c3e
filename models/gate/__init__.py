"""The gate: what a challenger must show before it may be promoted.

A gate file (:func:`models.gate.file.read_gate`) and a case (:class:`models.gate.judge.Case`) in; one finding per rule
out (:func:`models.gate.judge.judge`), as a :class:`models.gate.result.GateResult` that is logged to the challenger's
run (:mod:`models.gate.record`). Promotion itself is in :mod:`models.promotion`.
"""
