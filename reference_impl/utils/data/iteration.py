"""One epoch of a loader: what iterators have in common, and the one without workers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ... import accelerator
from .fetch import MapFetcher, StreamFetcher
from .pinning import pin_memory
from .sampler import draw_seed

if TYPE_CHECKING:
    from .dataloader import DataLoader


class LoaderIterator:
    """One epoch: what iterators with and without workers have in common."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._dataset = loader.dataset
        self._streaming = loader._streaming
        self._workers_asked = loader.num_workers
        self._index_sampler = loader._index_sampler
        self._pinning = _may_pin(loader)
        self._keys = iter(self._index_sampler)
        self._base_seed = draw_seed(loader.generator)
        self._length_told = loader._length_told
        self._num_yielded = 0

    def __iter__(self) -> Any:
        return self

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __next__(self) -> Any:
        batch = self._next_batch()
        if self._pinning:
            batch = pin_memory(batch)
        self._num_yielded += 1
        if self._streaming and self._length_told is not None and self._num_yielded > self._length_told:
            self._tell_length()
        return batch

    def _next_batch(self) -> Any:
        raise NotImplementedError

    def _tell_length(self) -> None:
        told = (
            f"Length of IterableDataset {self._dataset} was reported to be {self._length_told}"
            f"(when accessing len(dataloader)), but {self._num_yielded} samples have been fetched. "
        )
        if self._workers_asked > 0:
            told += (
                "For multiprocessing data-loading, this could be caused by not properly configuring the "
                "IterableDataset replica at each worker. Please see "
                "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples."
            )
        warnings.warn(told, stacklevel=3)

    def __getstate__(self) -> Any:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)


def _may_pin(loader: DataLoader[Any]) -> bool:
    """Whether batches are to be pinned; a warning where there is nothing to pin them for."""
    if not loader.pin_memory:
        return False
    if loader.pin_memory_device:
        warnings.warn(
            "pin_memory_device is deprecated, the current accelerator will be used as the device,"
            f"ignore pin_memory_device='{loader.pin_memory_device}'.",
            stacklevel=6,
        )
    if not accelerator.is_available():
        warnings.warn(
            "'pin_memory' argument is set as true but no accelerator is found, "
            "then device pinned memory won't be used.",
            stacklevel=6,
        )
        return False
    return True


class SingleProcessIterator(LoaderIterator):
    """An epoch in this process."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        kind = StreamFetcher if self._streaming else MapFetcher
        self._fetcher = kind(loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last)

    def _next_batch(self) -> Any:
        return self._fetcher.fetch(next(self._keys))
