"""The linear function of two arguments."""

from __future__ import annotations

from ..arguments import spoken
from ..autocast import wider
from ..dtype import float32
from ..promote import same_device
from ..tensor import Tensor


@spoken
@wider
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input1 @ weight[k] @ input2` for each feature k, of inputs `(*, n)` and `(*, m)` and a weight `(out, n, m)`.

    RuntimeError for sizes that do not meet, and for different dtypes.
    """
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for i, (m, n) in enumerate(zip(input1._array.shape[:-1], input2._array.shape[:-1], strict=True)):
        if m != n:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {i}: got {m} and {n}")
    for number, (t, want) in enumerate(zip((input1, input2), weight._array.shape[1:], strict=True), 1):
        if t._array.shape[-1] != want:
            raise RuntimeError(
                f"bilinear(): input{number} size does not match weight size: got {t._array.shape[-1]} but expected "
                f"{want}"
            )
    out, n, m = weight._array.shape
    if bias is not None and bias._array.shape[0] != out:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias._array.shape[0]} but expected {out}"
        )
    d = input1._dtype
    if not d is input2._dtype is weight._dtype:
        raise RuntimeError(
            f"All tensors must have the same dtype, got input1: {d.legacy}, input2: {input2._dtype.legacy}, weight: "
            f"{weight._dtype.legacy}"
        )
    same_device(input1, input2, weight)
    if d.compute is not d.numpy:
        wide = [None if t is None else t.to(float32) for t in (input1, input2, weight, bias)]
        return bilinear(*wide).to(d)  # type: ignore[arg-type]
    batch = input1._array.shape[:-1]
    x, y = input1.reshape(-1, n).unsqueeze(2), input2.reshape(-1, m)
    pairs = (x * y.unsqueeze(1)).reshape(-1, n * m)  # every element of one with every element of the other
    result: Tensor = (pairs @ weight.reshape(out, n * m).transpose(0, 1)).reshape(*batch, out)
    return result if bias is None else result + bias
