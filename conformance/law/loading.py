"""Datasets and callbacks that tell where and how they are run.

They stand in a module, so that they cross to workers that start as fresh interpreters too; what they ask a library for
is handed to them.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from conformance.case import Case, Trial

LIMIT = 60.0
"""Seconds after which a loader gives up waiting for a batch, so that no law waits without end."""
STARTED: list[tuple[Any, ...]] = []
"""What `Starter` saw in this process."""


class Asking:
    """Sample i is i and what a function answers where it is asked for."""

    def __init__(self, size: int, question: Callable[[], Any]) -> None:
        self.size = size
        self.question = question

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: Any) -> Any:
        return index, self.question()


class Who:
    """The worker's number and process."""

    def __init__(self, info: Callable[[], Any]) -> None:
        self.info = info

    def __call__(self) -> tuple[Any, int]:
        """Tell of this process."""
        info = self.info()
        return (None if info is None else info.id), os.getpid()


class Told:
    """All that a worker is told about itself, as far as it can be sent, and whether the dataset is this one."""

    def __init__(self, size: int, info: Callable[[], Any]) -> None:
        self.size = size
        self.info = info

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        info = self.info()
        return info.id, info.num_workers, info.seed, info.dataset is self


class Counting:
    """Sample i is how many samples were taken before."""

    def __init__(self) -> None:
        self.taken = 0

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> int:
        self.taken += 1
        return self.taken


class Dice:
    """The seed of the worker, and a number from each generator."""

    def __init__(self, torch: Any) -> None:
        self.info, self.initial_seed, self.rand = torch.utils.data.get_worker_info, torch.initial_seed, torch.rand

    def __call__(self) -> tuple[Any, ...]:
        """Draw."""
        drawn = (random.random(), float(np.random.rand()), self.rand(1).item())
        return self.info().id, self.info().seed, self.initial_seed(), drawn


class Starter:
    """A `worker_init_fn` that leaves a note."""

    def __init__(self, torch: Any) -> None:
        self.info, self.initial_seed = torch.utils.data.get_worker_info, torch.initial_seed

    def __call__(self, number: int) -> None:
        """Leave it."""
        STARTED.append((number, self.info().id, self.initial_seed() == self.info().seed))


def started() -> list[tuple[Any, ...]]:
    """What `Starter` saw in this process."""
    return list(STARTED)


def megabytes() -> Any:
    """Two of them."""
    return np.zeros(250_000)


class Faults:
    """Raises what stands at an index; None is a sample."""

    def __init__(self, faults: Sequence[BaseException | None]) -> None:
        self.faults = faults

    def __len__(self) -> int:
        return len(self.faults)

    def __getitem__(self, index: int) -> int:
        fault = self.faults[index]
        if fault is not None:
            raise fault
        return index


class TroubleError(Exception):
    """An exception of one's own."""


class OddError(Exception):
    """An exception that takes two arguments."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one, two)


class Fatal:
    """Ends its process at an index: by a signal, or by leaving."""

    def __init__(self, way: str) -> None:
        self.way = way

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> int:
        if index == 3:
            if self.way == "signal":
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(3)
        return index


class Slow:
    """Takes its time for sample 1."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> int:
        if index == 1:
            time.sleep(self.seconds)
        return index


class Waiting:
    """Sample 0 is not there before an event is, which sample 1 can be."""

    def __init__(self, event: Any, told: bool) -> None:
        self.event = event
        self.told = told

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> int:
        if index == 0:
            self.event.wait(LIMIT / 2)
        if index == 1 and self.told:
            self.event.set()
        return index


class Drawn:
    """A sampler that counts what was taken of it, and gives the process that it runs in."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.taken = 0

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[int]:
        for _ in range(self.size):
            self.taken += 1
            yield os.getpid()


class Same:
    """Every key is its own sample."""

    def __getitem__(self, key: Any) -> Any:
        return key


def stream(torch: Any, size: int, sharing: bool, step: int = 0) -> Any:
    """A stream of the numbers below `size` (and `step` more in each further worker), whole or shared among workers."""

    class Stream(torch.utils.data.IterableDataset):  # type: ignore[misc]
        def __iter__(self) -> Iterator[int]:
            info = torch.utils.data.get_worker_info()
            number, workers = (0, 1) if info is None else (info.id, info.num_workers)
            numbers = range(number, size, workers) if sharing else range(size + step * number)
            return iter([100 * number * (step > 0) + i for i in numbers])

    return Stream()


def plain(batch: Any) -> Any:
    """A batch without tensors: their dtype and values."""
    if isinstance(batch, dict):
        return {key: plain(value) for key, value in batch.items()}
    if isinstance(batch, list | tuple):
        return [plain(value) for value in batch]
    return (str(batch.dtype), batch.tolist()) if hasattr(batch, "dtype") else batch


def loader(trial: Trial, dataset: Any, workers: int = 2, **options: Any) -> Any:
    """A loader of samples as they are, which does not wait without end."""
    options = {"collate_fn": list, "timeout": LIMIT if workers else 0, **options}
    return trial.namespace.utils.data.DataLoader(dataset, num_workers=workers, **options)


def forking() -> Any:
    """A start method that takes what cannot be pickled, where there is one."""
    return "fork" if "fork" in multiprocessing.get_all_start_methods() else None


@contextlib.contextmanager
def leaving_nobody(case: Case) -> Iterator[None]:
    """Check that the body leaves no process of its own."""
    before = set(multiprocessing.active_children())
    yield
    gc.collect()  # an exception may hold the frame that has the loader
    until = time.monotonic() + 20
    while (left := set(multiprocessing.active_children()) - before) and time.monotonic() < until:
        time.sleep(0.01)
    case.equal("processes left", len(left), 0)


def is_running(pid: int) -> bool:
    """Whether there is such a process; one that only waits for its parent to notice is none."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"
    return True
