"""What runs in a worker process of a loader: tasks come in by a pipe, batches go out by it.

A thread of the worker reads tasks as they come, so that whoever sends one never waits for a worker that computes, and
so that a worker notices at once that its loader wants no more of it, or is gone.
"""

from __future__ import annotations

import os
import queue
import random
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ...random import manual_seed
from .fetch import Fetcher, MapFetcher, StreamFetcher

WATCH_SECONDS = 2.0
"""How often a worker looks whether its parent still lives, where the pipes do not tell."""


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What `get_worker_info` tells: the worker's number, how many there are, its seed, its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


_here: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Tell a dataset, a collate function or a `worker_init_fn` which worker it runs in; None in the main process."""
    return _here


@dataclass(frozen=True)
class Ended:
    """In place of a batch: the worker's stream has no more samples."""


@dataclass(frozen=True)
class Resume:
    """A message that begins an epoch with workers that are there already, and its answer."""


class KeyErrorMessage(str):
    """A text that `KeyError` prints as it is and not as a key."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Caught:
    """An exception on its way to another process: its class, and its traceback as a text."""

    def __init__(self, where: str) -> None:
        kind, error, trace = sys.exc_info()
        assert kind is not None
        self.kind = kind
        self.text = "".join(traceback.format_exception(kind, error, trace))
        self.where = where

    def reraise(self) -> NoReturn:
        """Raise it here, of its own class where that takes a message, otherwise as a RuntimeError."""
        told = f"Caught {self.kind.__name__} {self.where}.\nOriginal {self.text}"
        if self.kind is KeyError:
            raise KeyError(KeyErrorMessage(told))
        try:
            kind: Any = self.kind
            error = kind(message=told) if getattr(kind, "message", None) else kind(told)
        except Exception:
            raise RuntimeError(told) from None
        raise error


@dataclass(frozen=True)
class Order:
    """What a worker is to do; it crosses to the worker once, when that starts."""

    dataset: Any
    stream: bool
    batching: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool
    init_fn: Callable[[int], Any] | None
    base_seed: int
    id: int
    num_workers: int

    def fetcher(self) -> Fetcher:
        """A fetcher at the beginning of its dataset."""
        kind = StreamFetcher if self.stream else MapFetcher
        return kind(self.dataset, self.batching, self.collate_fn, self.drop_last)

    @property
    def where(self) -> str:
        """What an exception tells of its place."""
        return f"in DataLoader worker process {self.id}"


def run(order: Order, pipe: Any) -> None:
    """Serve one loader until it says None, or is gone."""
    global _here
    try:
        seed = order.base_seed + order.id
        _sow(seed, order)
        _here = WorkerInfo(order.id, order.num_workers, seed, order.dataset)
        messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        stopping = threading.Event()
        threading.Thread(target=_listen, args=(pipe, messages, stopping), daemon=True).start()
        _serve(order, pipe, messages, stopping)
    except KeyboardInterrupt:
        pass  # the main process gets it too


def _sow(seed: int, order: Order) -> None:
    """Seed every generator that a dataset may draw from; NumPy's not with the same number as Python's."""
    random.seed(seed)
    manual_seed(seed)
    words = [order.id, order.base_seed & 0xFFFFFFFF, order.base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))


def _listen(pipe: Any, messages: queue.SimpleQueue[Any], stopping: threading.Event) -> None:
    """Pass messages on as they come; leave with the parent."""
    parent = os.getppid()
    while True:
        try:
            while not pipe.poll(WATCH_SECONDS):
                if os.getppid() != parent:
                    os._exit(1)
            message = pipe.recv()
        except (EOFError, OSError):
            os._exit(1)
        if message is None:
            stopping.set()
        messages.put(message)
        if message is None:
            return


def _serve(order: Order, pipe: Any, messages: queue.SimpleQueue[Any], stopping: threading.Event) -> None:
    failure: Caught | None = None
    fetcher: Fetcher | None = None
    try:
        if order.init_fn is not None:
            order.init_fn(order.id)
        fetcher = order.fetcher()
    except Exception:
        failure = Caught(order.where)
    while (message := messages.get()) is not None:
        if stopping.is_set():
            continue
        answer: tuple[Any, Any] = (message, None)
        if isinstance(message, Resume):
            fetcher = order.fetcher()
        else:
            task, keys = message
            answer = (task, failure or _fetched(order, fetcher, keys))
        _send(pipe, answer, order)


def _fetched(order: Order, fetcher: Any, keys: Any) -> Any:
    try:
        return fetcher.fetch(keys)
    except Exception as error:
        if order.stream and isinstance(error, StopIteration):
            return Ended()
        return Caught(order.where)


def _send(pipe: Any, answer: tuple[Any, Any], order: Order) -> None:
    """Send an answer; where it cannot be pickled, what that raised."""
    from multiprocessing.reduction import ForkingPickler

    try:
        told = ForkingPickler.dumps(answer)
    except Exception:
        told = ForkingPickler.dumps((answer[0], Caught(order.where)))
    pipe.send_bytes(told)
