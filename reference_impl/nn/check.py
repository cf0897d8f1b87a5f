"""What convolutions demand of their operands, in torch's words."""

from __future__ import annotations

from collections.abc import Sequence

from ..arguments import need_tensor
from ..derivative import refuse
from ..dtype import bool as bool_
from ..promote import same_device
from ..tensor import Tensor
from .correlation import Sizes

Numbers = int | Sequence[int]


def numbers(name: str, value: Numbers, n: int) -> Sizes:
    """One number for each of n dimensions, from a number or from a list of one or of n. RuntimeError for others."""
    given = [value] * n if isinstance(value, int) else [int(v) for v in value]
    if len(given) == 1:
        given *= n
    if len(given) != n:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {n} values to match the convolution "
            f"dimensions, but got {name}={given}"
        )
    return tuple(given)


def check_operands(name: str, n: int, x: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """The numbers of dimensions, and one device."""
    need_tensor(name, x, "input", 1)
    need_tensor(name, weight, "weight", 2)
    if x.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: "
            f"{list(x._array.shape)}"
        )
    if weight.ndim != n + 2:
        raise RuntimeError(f"expected weight to be {n + 2}-dimensional, but got weight of size {list(weight.shape)}")
    same_device(x, weight, *([] if bias is None else [bias]))


def check_numbers(stride: Sizes, padding: Sizes, dilation: Sizes, extra: Sizes, groups: int) -> None:
    """RuntimeError for strides, dilations and groups below one and for negative paddings."""
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(extra) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) <= 0:
        raise RuntimeError("non-positive dilation is not supported")


def check_channels(x: Tensor, weight: Tensor, bias: Tensor | None, groups: int, transposed: bool) -> None:
    """Channels, groups and bias go together."""
    shape, size = list(weight._array.shape), list(x._array.shape)
    given = "transposed=1" if transposed else f"groups={groups}"
    if shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{shape} instead"
        )
    if shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size [{shape}] instead"
        )
    channels = shape[0] if transposed else shape[1] * groups
    if size[1] != channels:
        raise RuntimeError(
            f"Given {given}, weight of size {shape}, expected input{size} to have {channels} channels, but got "
            f"{size[1]} channels instead"
        )
    results = shape[1] * groups if transposed else shape[0]
    if bias is not None and bias._array.shape != (results,):
        raise RuntimeError(
            f"Given {'transposed=1, ' if transposed else ''}weight of size {shape}, expected bias to be 1-dimensional "
            f"with {results} elements, but got bias of size {list(bias._array.shape)} instead"
        )


def check_types(x: Tensor, weight: Tensor, bias: Tensor | None, kernel: str) -> None:
    """One dtype, and not bool; `kernel` is the name that torch gives in its message."""
    refuse(kernel, x._dtype is bool_, x._dtype)
    if x._dtype is not weight._dtype:
        raise RuntimeError(
            f"Input type ({x.type()}) and weight type ({weight.type()}) should be the same or input should be a MKLDNN "
            "tensor and weight is a dense tensor"
        )
    if bias is not None and bias._dtype is not x._dtype:
        raise RuntimeError(f"Input type ({x._dtype.legacy}) and bias type ({bias._dtype.legacy}) should be the same")


def check_filled(x: Tensor) -> None:
    """RuntimeError for signals, images and volumes without elements; batches and channels may be none."""
    if 0 in x._array.shape[2:] and 0 not in x._array.shape[:2]:
        raise RuntimeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {list(x._array.shape)}"
        )


def by(sizes: Sizes) -> str:
    """The text of sizes: `3 x 4`."""
    return " x ".join(map(str, sizes))


def padding_of(padding: Numbers | str, n: int, kernel: Sizes, stride: Sizes, dilation: Sizes) -> tuple[Sizes, Sizes]:
    """The padding before and after; `same` puts the odd one out behind."""
    if not isinstance(padding, str):
        pads = numbers("padding", padding, n)
        return pads, pads
    if padding == "valid":
        return (0,) * n, (0,) * n
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if max(stride) > 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    return tuple([m // 2 for m in total]), tuple([m - m // 2 for m in total])


def check_extra(extra: Sizes, stride: Sizes, dilation: Sizes) -> None:
    """RuntimeError for an output padding that another size of the input would explain."""
    if all(e < max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        return
    names = ("depth", "height", "width")[-len(extra) :]
    lists = {"output_padding": extra, "stride": stride, "dilation": dilation}
    each = [(word, axis, v) for word, given in lists.items() for axis, v in zip(names, given, strict=True)]
    told = " ".join(f"{word}_{axis}: {v}" for word, axis, v in each)
    raise RuntimeError(f"output padding must be smaller than either stride or dilation, but got {told}")
