"""The affine function of rows: a matrix product and a bias."""

from __future__ import annotations

import math

import numpy as np

from ..addmm import AddmmBackward0, addmm
from ..arguments import need_tensor
from ..autocast import faster
from ..device import META
from ..dtype import float32, float64
from ..inplace_rules import writing_out
from ..layout import broadcast_shapes
from ..linalg.product import by_columns, product
from ..op import record
from ..quiet import quiet
from ..tensor import Tensor


@faster
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`: `(*, out)` of an input `(*, in)`, a weight `(out, in)` and a bias `(out)`.

    RuntimeError for sizes that do not meet, for different dtypes, and for a bias larger than the result.
    """
    need_tensor("linear", input, "input", 1)
    if not (input.ndim and weight.ndim):
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {input.ndim}D and {weight.ndim}D"
        )
    if out is not None:
        return _into(input, weight, bias, out=out)  # type: ignore[no-any-return]
    turned = weight.t()
    if bias is None:
        return input @ turned  # type: ignore[no-any-return]
    if input.ndim == 2:
        return _of_rows(input, weight, turned, bias)
    shape = input._array.shape
    one_row = bias.ndim > 0 and bias._array.shape[:-1] in ((), (1,))
    if one_row and weight.ndim == 2 and input.is_contiguous():
        rows = input.view(math.prod(shape[:-1]), shape[-1])
        return addmm(bias, rows, turned).view(*shape[:-1], weight._array.shape[0])  # type: ignore[no-any-return]
    product: Tensor = input @ turned
    _check_bias(bias, product)
    return product + bias


_into = writing_out(linear, "linear", promotes=True)


def _of_rows(input: Tensor, weight: Tensor, turned: Tensor, bias: Tensor) -> Tensor:
    """`addmm(bias, input, turned)`, of which every layer of a small network is one: where nothing is to be refused or
    cast, one call of NumPy's each for the product and the sum."""
    d, device, out = input._dtype, input._device, bias._array.shape
    same = weight._dtype is d and bias._dtype is d and weight._device is device and bias._device is device
    plain = same and device is not META and (d is float32 or d is float64)
    if not plain or len(out) != 1 or weight._array.shape != (*out, input._array.shape[1]):
        return addmm(bias, input, turned)
    array = product(input, turned)
    array = quiet(np.add, array, bias._array, array)
    saved, args = (input, turned), (1, 1, by_columns(turned))
    return record(AddmmBackward0, array, d, device, (bias, input, turned), saved, args)


def _check_bias(bias: Tensor, product: Tensor) -> None:
    if bias._dtype is not product._dtype:
        raise RuntimeError(
            f"self and mat2 must have the same dtype, but got {bias._dtype.word} and {product._dtype.word}"
        )
    if broadcast_shapes(product._array.shape, bias._array.shape) != product._array.shape:
        found = list(product._array.shape)
        raise RuntimeError(
            f"output with shape {found} doesn't match the broadcast shape with {list(bias._array.shape)}"
        )
