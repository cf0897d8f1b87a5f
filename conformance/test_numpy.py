"""Laws of the chapter numpy: memory that is shared, in every dtype and layout, proved by writing on either side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conformance.case import Trial

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "contiguous": lambda whole: whole,
    "transposed": lambda whole: whole.T,
    "column": lambda whole: whole[:, 1],
    "rows": lambda whole: whole[1:],
    "stepped": lambda whole: whole[::2, 1::2],
    "row with offset": lambda whole: whole[1, 1:],
    "element": lambda whole: whole[2, 3:4],
    "empty": lambda whole: whole[3:],
}


def whole_array(dtype: str) -> np.ndarray:
    """Zeros and ones in turn, exact in every dtype."""
    return (np.arange(15) % 2).reshape(3, 5).astype(np.dtype(dtype))


@pytest.mark.clause("numpy.export.alias.every")
def test_export(row: dict[str, str], trial: Trial) -> None:
    """Through the array of every layout of a tensor."""
    torch, name = trial.namespace, row["dtype"]
    for layout, view in LAYOUTS.items():
        call = "a = view(t).numpy(); a[...] = 1; t; view(t).fill_(0); a"
        with trial.case(layout, call=call, inputs=f"t: {name} (3, 5), view: {layout}") as case:
            t = torch.tensor(whole_array(name).tolist(), dtype=getattr(torch, name), device=trial.device)
            seen = view(t)
            a = seen.numpy()
            want = whole_array(name)
            case.equal("dtype", str(a.dtype), name)
            if a.size:  # strides without elements are free
                case.equal("strides", a.strides, tuple(step * a.itemsize for step in seen.stride()))
            case.same(a, view(want), "array")
            a[...] = 1
            view(want)[...] = 1
            case.same(t, want, "tensor after a write to the array")
            seen.fill_(0)
            view(want)[...] = 0
            case.same(a, view(want), "array after a write to the tensor")
            case.same(t, want, "tensor after a write to its view")


@pytest.mark.clause("numpy.import.alias.every")
def test_import(row: dict[str, str], trial: Trial) -> None:
    """Through the tensor of every layout of an array."""
    torch, name = trial.namespace, row["dtype"]
    for layout, view in LAYOUTS.items():
        call = "t = torch.from_numpy(view(a)); view(a)[...] = 1; t; t.fill_(0); a"
        with trial.case(layout, call=call, inputs=f"a: {name} (3, 5), view: {layout}") as case:
            a, want = whole_array(name), whole_array(name)
            t = torch.from_numpy(view(a))
            case.equal("dtype", t.dtype, getattr(torch, name))
            case.equal("strides", tuple(t.stride()), tuple(step // a.itemsize for step in view(a).strides))
            case.same(t, view(want), "tensor")
            view(a)[...] = 1
            view(want)[...] = 1
            case.same(t, view(want), "tensor after a write to the array")
            t.fill_(0)
            view(want)[...] = 0
            case.same(a, want, "whole array after a write to the tensor")
