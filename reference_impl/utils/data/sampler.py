"""Samplers: in which order samples are taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

from ...create import as_tensor
from ...dtype import float64, int64
from ...fill import empty
from ...random import Generator
from ...sampling import multinomial, randint, randperm

T_co = TypeVar("T_co", covariant=True)


def draw_seed(generator: Generator | None) -> int:
    """One number from a generator, by default the one of the default device."""
    number = empty((), dtype=int64, device=None if generator is None else generator.device)
    return int(number.random_(generator=generator).item())


def checked_samples(num_samples: Any) -> int:
    """The number of samples, if it is one."""
    if not isinstance(num_samples, int) or num_samples <= 0:
        told = f"num_samples should be a positive integer value, but got num_samples={num_samples}"
        raise ValueError(told)
    return num_samples


class Sampler(Generic[T_co]):
    """Indices, or lists of them. Subclasses define ``__iter__``, and ``__len__``, which the length of a loader asks."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ... in this order."""

    data_source: Sized

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The indices of a dataset in random order, or `num_samples` of them.

    Without replacement every index comes once before any comes again. Without a generator each pass seeds one of its
    own from the global one.

    Raises:
        TypeError: `replacement` is no bool. ValueError: `num_samples` (or the dataset's length) is not positive.
    """

    data_source: Sized
    replacement: bool

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        checked_samples(self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices a pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n, generator = len(self.data_source), self.generator
        if not n and not self.replacement:
            raise ZeroDivisionError("integer division or modulo by zero")
        if generator is None:
            generator = Generator().manual_seed(draw_seed(None))
        return itertools.islice(self._endless(n, generator), self.num_samples)

    def _endless(self, n: int, generator: Generator) -> Iterator[int]:
        device = generator.device
        while True:
            if self.replacement:
                yield from randint(high=n, size=(32,), dtype=int64, generator=generator, device=device).tolist()
            else:
                yield from randperm(n, generator=generator, device=device).tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order."""

    indices: Sequence[int]

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        device = None if self.generator is None else self.generator.device
        for i in randperm(len(self.indices), generator=self.generator, device=device).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """`num_samples` indices, each drawn with a probability proportional to its weight.

    Raises:
        ValueError: `num_samples` is not positive, `replacement` no bool, or the weights are not one-dimensional.
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        self.num_samples = checked_samples(str(num_samples) if isinstance(num_samples, bool) else num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.dim() != 1:
            told = f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            raise ValueError(told)
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        yield from multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler in lists of `batch_size`; the last may be shorter, or is left out.

    Raises:
        ValueError: `batch_size` is no positive integer, or `drop_last` no bool.
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            told = f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            raise ValueError(told)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        total = len(self.sampler)  # type: ignore[arg-type]
        return total // self.batch_size if self.drop_last else -(-total // self.batch_size)
