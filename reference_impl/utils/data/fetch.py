"""Fetching: from the keys of a batch to the batch, in the main process and in workers alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .dataset import samples_of


class MapFetcher:
    """Batches of a dataset with keys; one sample where batching is off."""

    def __init__(self, dataset: Any, batching: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        self.dataset = dataset
        self.batching = batching
        self.collate_fn = collate_fn

    def fetch(self, keys: Any) -> Any:
        """The batch of a list of keys, or the sample of one."""
        return self.collate_fn(samples_of(self.dataset, keys) if self.batching else self.dataset[keys])


class StreamFetcher:
    """Batches of a stream: as many samples as there are keys, whatever the keys are."""

    def __init__(self, dataset: Any, batching: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        self.stream = iter(dataset)
        self.batching = batching
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.ended = False

    def fetch(self, keys: Any) -> Any:
        """The next batch, or the next sample. StopIteration at the end of the stream."""
        if self.ended:
            raise StopIteration
        if not self.batching:
            return self.collate_fn(next(self.stream))
        samples = []
        for _ in keys:
            try:
                samples.append(next(self.stream))
            except StopIteration:
                self.ended = True
                break
        if not samples or (self.drop_last and len(samples) < len(keys)):
            raise StopIteration
        return self.collate_fn(samples)


Fetcher = MapFetcher | StreamFetcher
