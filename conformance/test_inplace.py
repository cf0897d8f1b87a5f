"""Laws of the chapter inplace: a change in place, wherever its target and its operand lie in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.arrangement import LAYOUTS, values_for
from conformance.case import Case, Trial
from conformance.law import alias
from conformance.sample import stored, tensor

OPERANDS = ("contiguous", "transposed", "offset", "stepped", "rows", "expanded")


@pytest.mark.clause("inplace.method.memory")
def test_place(row: dict[str, str], trial: Trial) -> None:
    """The target on each part of memory, the operand in each layout, in single and double precision."""
    for dtype in ("float32", "float64"):
        for name in alias.BASES:
            for layout in OPERANDS:
                inputs = f"x: {dtype} {alias.SHAPE}, {name}; y: {dtype} {alias.SHAPE}, {layout}"
                with trial.case(f"{dtype} {name} {layout}", call=row["change"], inputs=inputs) as case:
                    compare(case, row, dtype, name, layout)


def compare(case: Case, row: dict[str, str], dtype: str, name: str, layout: str) -> None:
    """Change the part and its mirror, then look at the whole of the memory, at the operand and at what came back."""
    place, values = alias.place(case.trial, name, dtype), operand(case.trial, layout).astype(stored(dtype))
    y = LAYOUTS.get(layout, tensor)(case.trial, values, dtype)
    strides = tuple(place.part.stride())
    got = eval(row["change"], {"torch": case.trial.namespace, "x": place.part, "y": y})
    scope: dict[str, Any] = {"np": np, "x": place.mirror.astype(np.float64), "y": values.astype(np.float64)}
    memory = place.array.astype(np.float64)
    alias.BASES[name][1](memory)[...] = eval(row["formula"], scope)
    case.close(place.base, memory, dtype=dtype, factor=2, name="memory")
    case.same(y, values, "operand")
    case.holds("returns", got is place.part, "the target itself", "the target" if got is place.part else "another")
    case.equal("strides", tuple(place.part.stride()), strides)


def operand(trial: Trial, layout: str) -> np.ndarray:
    """Small numbers, as the layout can hold them."""
    return values_for(layout, trial.generator("operand").integers(1, 5, alias.SHAPE))
