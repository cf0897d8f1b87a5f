"""Sequences of different lengths: padded to one length, or packed without padding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from ...create import as_tensor, tensor
from ...dtype import float16, float32, float64, int8, int16, int32, int64, uint8
from ...movement import target
from ...sort import sort
from ...tensor import Tensor

ON_CPU = (
    "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. They should be "
    "instantiated by functions like pack_sequence and pack_padded_sequences in nn.utils.rnn. "
    "https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence"
)
UNSORTED = (
    "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
    "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not "
    "need ONNX exportability."
)


class _Fields(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Fields):
    """The steps of several sequences, one step after the other.

    data              `(sum of lengths, *)`: the first step of every sequence, then the second of those that have one
    batch_sizes       how many sequences have each step, int64 on the CPU
    sorted_indices    which sequence stands at each place, where they were sorted by length; else None
    unsorted_indices  where each sequence stands
    """

    __slots__ = ()

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> PackedSequence:
        """Also of a pair `(data, batch_sizes)`. ValueError for batch sizes that are not on the CPU."""
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, list | tuple) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError(ON_CPU)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({parts})"

    def _through(self, data: Tensor, change: Callable[[Tensor], Tensor]) -> PackedSequence:
        indices = (None if t is None else change(t) for t in (self.sorted_indices, self.unsorted_indices))
        return type(self)(data, self.batch_sizes, *indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """As a tensor's `to`: the batch sizes stay where they are, the indices keep their dtype."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        target(args, kwargs)
        return self._through(data, lambda t: t.to(data.device))

    def pin_memory(self) -> PackedSequence:
        """With the data in pinned memory."""
        return self._through(self.data.pin_memory(), lambda t: t.pin_memory())

    def _there(self, kind: str, args: Any, kwargs: Any) -> PackedSequence:
        there = tensor((), dtype=self.data.dtype, device=self.data.device).to(*args, **kwargs)
        return self.to(*args, **kwargs) if there.device.type == kind else self.to(*args, **{**kwargs, "device": kind})

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """On the CPU."""
        return self._there("cpu", args, kwargs)

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """On a `cuda` device."""
        return self._there("cuda", args, kwargs)

    def double(self) -> PackedSequence:
        """As float64."""
        return self.to(dtype=float64)

    def float(self) -> PackedSequence:
        """As float32."""
        return self.to(dtype=float32)

    def half(self) -> PackedSequence:
        """As float16."""
        return self.to(dtype=float16)

    def long(self) -> PackedSequence:
        """As int64."""
        return self.to(dtype=int64)

    def int(self) -> PackedSequence:
        """As int32."""
        return self.to(dtype=int32)

    def short(self) -> PackedSequence:
        """As int16."""
        return self.to(dtype=int16)

    def char(self) -> PackedSequence:
        """As int8."""
        return self.to(dtype=int8)

    def byte(self) -> PackedSequence:
        """As uint8."""
        return self.to(dtype=uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether the data are on a `cuda` device."""
        return bool(self.data.is_cuda)

    def is_pinned(self) -> bool:
        """Whether the data are in pinned memory."""
        return bool(self.data.is_pinned())


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes one."""
    if permutation is None:
        return None
    inverse: Tensor = tensor(np.argsort(permutation.tolist()), dtype=permutation.dtype, device=permutation.device)
    return inverse


def _checked(lengths: Tensor, batch: int, steps: int) -> list[int]:
    if lengths.ndim != 1 or lengths.device.type != "cpu":
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.ndim}D {lengths.device} "
            f"{lengths.dtype.word} tensor"
        )
    if not steps:
        raise RuntimeError("Cannot pack empty tensors.")
    if lengths.numel() != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.numel()} (batch_size={batch})"
        )
    values: list[int] = lengths.tolist()
    if values and values[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if values != sorted(values, reverse=True):
        raise RuntimeError(UNSORTED)
    return values


def _places(batch_sizes: Any, batch: int) -> Any:
    """For each element of packed data its row in padded data `(steps, batch)` of which the first two dimensions are
    one."""
    return np.concatenate([step * batch + np.arange(size) for step, size in enumerate(batch_sizes)])


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Packs a batch `(steps, batch, *)` of padded sequences.

    RuntimeError for lengths below one, not one for each sequence, or not falling unless `enforce_sorted` is False.
    """
    lengths = lengths.to(int64) if isinstance(lengths, Tensor) else as_tensor(lengths, dtype=int64, device="cpu")
    order = None
    if not enforce_sorted:
        lengths, order = sort(lengths, descending=True)
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    if batch_first:
        input = input.transpose(0, 1)
    steps, batch = input.size(0), input.size(1)
    values = np.array(_checked(lengths, batch, steps))
    sizes = [int((values > step).sum()) for step in range(values[0])]
    rows = input.reshape(steps * batch, *input.shape[2:])
    data = rows.index_select(0, tensor(_places(sizes, batch), device=input.device))
    return PackedSequence(data, tensor(sizes, dtype=int64, device="cpu"), order, None)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The padded batch `(steps, batch, *)`, and the lengths on the CPU; in the order from before packing.

    ValueError for a `total_length` below the longest.
    """
    data, batch_sizes, _, unsorted = sequence
    sizes: list[int] = batch_sizes.tolist()
    steps = len(sizes)
    if total_length is not None and total_length < steps:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got total_length="
            f"{total_length} and max sequence length being {steps}"
        )
    steps, batch = steps if total_length is None else total_length, sizes[0]
    shape = data.shape[1:]
    places = tensor(_places(sizes, batch), device=data.device)
    padded = (
        data.new_full((steps * batch, *shape), padding_value).index_copy(0, places, data).view(steps, batch, *shape)
    )
    if batch_first:
        padded = padded.transpose(0, 1)
    lengths = tensor([sum(size > i for size in sizes) for i in range(batch)], dtype=int64, device="cpu")
    if unsorted is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, unsorted), lengths[unsorted.cpu()]


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences `(length, *)` as one tensor `(longest, count, *)`, padded behind or before; of the first one's dtype.

    RuntimeError for none, and for those whose other sizes differ.
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    given = tuple(sequences)
    if not given:
        raise RuntimeError("received an empty list of sequences")
    for i, each in enumerate(given):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(each).__name__}")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    steps = max(each.size(0) for each in given)
    shape = tuple(given[0].shape[1:])
    size = (len(given), steps) if batch_first else (steps, len(given))
    padded: Tensor = given[0].new_full((*size, *shape), padding_value)
    for i, each in enumerate(given):
        length = each.size(0)
        span = slice(steps - length, steps) if padding_side == "left" else slice(length)
        padded[(i, span) if batch_first else (span, i)] = each
    return padded


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences without their padding. Without `batch_first` the tensor itself is transposed."""
    if not batch_first:
        padded_sequences.transpose_(0, 1)
    pairs = zip(padded_sequences, lengths.tolist(), strict=True)
    return [each[: max(length, 0)].clone() for each, length in pairs]


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """Packs a list of sequences `(length, *)`. RuntimeError as of `pack_padded_sequence`."""
    lengths = as_tensor([each.size(0) for each in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths.cpu(), enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that were packed, in their order."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]
