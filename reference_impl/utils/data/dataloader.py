"""The loader: from a dataset to batches, epoch by epoch."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from ...random import Generator
from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .iteration import SingleProcessIterator
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

T_co = TypeVar("T_co", covariant=True)
FROZEN = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class Endless(Sampler[None]):
    """None for ever: a stream has no keys and ends by itself."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader(Generic[T_co]):
    """Batches of a dataset, one epoch for each ``iter``.

    The parameters are torch's. `sampler` and `batch_sampler` are any iterables, of keys and of lists of keys.

    Raises:
        ValueError: options that contradict each other or are out of range; see `_checked_workers` and `_checked_order`.
    """

    dataset: Any
    batch_size: int | None
    num_workers: int
    pin_memory: bool
    drop_last: bool
    timeout: float
    sampler: Any
    pin_memory_device: str
    prefetch_factor: int | None
    _iterator: Any
    _initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        self.prefetch_factor = _checked_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.generator = generator
        self.drop_last = drop_last
        self._streaming = isinstance(dataset, IterableDataset)
        if self._streaming:
            _refuse_order(shuffle, sampler, batch_sampler)
        self._set_order(batch_size, bool(shuffle), sampler, batch_sampler)
        self.collate_fn = collate_fn or (default_collate if self._auto_collation else default_convert)
        self.persistent_workers = persistent_workers
        self._initialized = True
        self._length_told: int | None = None
        self._iterator = None
        self.check_worker_number_rationality()

    def _set_order(self, batch_size: int | None, shuffle: bool, sampler: Any, batch_sampler: Any) -> None:
        _checked_order(batch_size, shuffle, sampler, batch_sampler, self.drop_last)
        if sampler is None and self._streaming:
            sampler = Endless()
        elif sampler is None:
            source = self.dataset
            sampler = RandomSampler(source, generator=self.generator) if shuffle else SequentialSampler(source)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, self.drop_last)
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler

    @property
    def multiprocessing_context(self) -> Any:
        """How workers start: a context of `multiprocessing`, or None for Python's default."""
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None:
            if self.num_workers == 0:
                raise ValueError(
                    "multiprocessing_context can only be used with multi-process loading (num_workers > 0), "
                    f"but got num_workers={self.num_workers}"
                )
            context = _checked_context(context)
        self._context = context

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in FROZEN:
            told = f"{name} attribute should not be set after {type(self).__name__} is initialized"
            raise ValueError(told)
        super().__setattr__(name, value)

    def __iter__(self) -> Any:
        if not self.persistent_workers:
            return self._get_iterator()
        if self._iterator is None or self._iterator.closed:
            self._iterator = self._get_iterator()
        else:
            self._iterator.restart(self)
        return self._iterator

    def _get_iterator(self) -> Any:
        if self.num_workers == 0:
            return SingleProcessIterator(self)
        from .processes import MultiProcessIterator  # processes are for those who ask for them

        self.check_worker_number_rationality()
        return MultiProcessIterator(self)

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.batch_sampler if self._auto_collation else self.sampler

    def __len__(self) -> int:
        if not self._streaming:
            return len(self._index_sampler)
        length = self._length_told = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Warn of more workers than processors."""
        if not self.num_workers:
            return
        affinity = getattr(os, "sched_getaffinity", None)
        processors = len(affinity(0)) if affinity else os.cpu_count()
        if processors is not None and self.num_workers <= processors:
            return
        suggestion = "DataLoader is not able to compute a suggested max number of worker in current system."
        if processors is not None:
            doubt = "" if affinity else " (`cpuset` is not taken into account)"
            suggestion = (
                f"Our suggested max number of worker in current system is {processors}{doubt}, "
                "which is smaller than what this DataLoader is going to create."
            )
        warnings.warn(
            f"This DataLoader will create {self.num_workers} worker processes in total. {suggestion} "
            "Please be aware that excessive worker creation might get DataLoader running slow or even freeze, "
            "lower the worker number to avoid potential slowness/freeze if necessary.",
            stacklevel=2,
        )


def _checked_workers(workers: int, timeout: float, prefetch: int | None, persistent: bool) -> int | None:
    """The batches that each worker prepares in advance; ValueError for options that need workers, or are negative."""
    if workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if workers == 0 and prefetch is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
            "multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch is not None and prefetch < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent and workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    return 2 if workers and prefetch is None else prefetch


def _checked_context(context: Any) -> Any:
    """The context of a start method's name; ValueError for another name, TypeError for what is no context."""
    import multiprocessing.context

    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {methods!r}, "
                f"but got multiprocessing_context={context!r}"
            )
        return multiprocessing.get_context(context)
    if not isinstance(context, multiprocessing.context.BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start method, "
            f"but got multiprocessing_context={context}"
        )
    return context


def _refuse_order(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    """ValueError for the options that order what has no keys."""
    given = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in given.items():
        if value is not None:
            told = f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            raise ValueError(told)


def _checked_order(batch_size: Any, shuffle: bool, sampler: Any, batch_sampler: Any, drop_last: bool) -> None:
    """ValueError for options of which one says what another one says too."""
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_sampler is None and batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
