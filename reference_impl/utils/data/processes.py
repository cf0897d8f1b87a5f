"""An epoch with worker processes.

Each worker has one pipe, on which tasks go out and batches come back. It alone holds its end, so that its death is an
end of file here. Batches are handed out in the order of their tasks unless the loader says otherwise.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pickle
import time
import warnings
import weakref
from contextlib import suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, NoReturn

from .iteration import LoaderIterator
from .worker import Caught, Ended, Order, Resume, run

if TYPE_CHECKING:
    from .dataloader import DataLoader

PATIENCE = 5.0
"""Seconds that a worker has to finish the batch it is at, when its loader wants no more."""


class MultiProcessIterator(LoaderIterator):
    """One epoch, or one after the other where workers persist."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self._timeout = loader.timeout
        self._in_order = loader.in_order
        self._persistent = loader.persistent_workers
        self._prefetch = loader.prefetch_factor or 0
        self._workers: list[Worker] = []
        self._finalizer = weakref.finalize(self, stop, self._workers, os.getpid())
        context = loader.multiprocessing_context or multiprocessing.get_context()
        try:
            for number in range(loader.num_workers):
                self._workers.append(Worker(context, self._order(loader, number)))
        except BaseException:
            self._finalizer()
            raise
        self._begin()

    def _order(self, loader: DataLoader[Any], number: int) -> Order:
        return Order(
            dataset=loader.dataset,
            stream=self._streaming,
            batching=loader._auto_collation,
            collate_fn=loader.collate_fn,
            drop_last=loader.drop_last,
            init_fn=loader.worker_init_fn,
            base_seed=self._base_seed,
            id=number,
            num_workers=loader.num_workers,
        )

    @property
    def closed(self) -> bool:
        """Whether the workers are gone."""
        return not self._finalizer.alive

    def _begin(self) -> None:
        self._sent = 0  # the number of the next task
        self._due = 0  # the task whose batch is handed out next
        self._tasks: dict[int, Worker] = {}  # sent and not handed out
        self._arrived: dict[int, Any] = {}  # batches that came before those due earlier
        self._turns = itertools.cycle(self._workers)
        for worker in self._workers:
            worker.ended = False
        for _ in range(self._prefetch * len(self._workers)):
            self._send_next()

    def restart(self, loader: DataLoader[Any]) -> None:
        """Begin another epoch with the same workers, which drop what is left of the one before."""
        self._keys = iter(self._index_sampler)
        self._num_yielded = 0
        self._length_told = loader._length_told
        for worker in self._workers:
            worker.send(Resume())
        waiting = len(self._workers)
        while waiting:
            task, _, _ = self._receive(self._workers)
            waiting -= isinstance(task, Resume)
        self._begin()

    def _send_next(self) -> None:
        """Give the next keys to the next worker that has samples left; in any order, to the one with least to do."""
        active = [worker for worker in self._workers if not worker.ended]
        if not active:
            return
        try:
            keys = next(self._keys)
        except StopIteration:
            return
        worker = next(worker for worker in self._turns if not worker.ended)
        if not self._in_order:
            load = [sum(busy is one for busy in self._tasks.values()) for one in active]
            worker = active[load.index(min(load))]
        worker.send((self._sent, keys))
        self._tasks[self._sent] = worker
        self._sent += 1

    def _next_batch(self) -> Any:
        while True:
            while self._due < self._sent and self._lost(self._due):
                self._tasks.pop(self._due, None)
                self._due += 1
            if self._due == self._sent:
                if not self._persistent:
                    self._finalizer()
                raise StopIteration
            if self._due in self._arrived:
                return self._handed_out(self._due, self._arrived.pop(self._due))
            awaited = [self._tasks[self._due]] if self._in_order else list(dict.fromkeys(self._tasks.values()))
            task, batch, worker = self._receive(awaited)
            if isinstance(batch, Ended):
                if not worker.ended:  # each task that it still has is answered so
                    worker.ended = True
                    self._send_next()
            elif self._in_order:
                self._arrived[task] = batch
            else:
                return self._handed_out(task, batch)

    def _lost(self, task: int) -> bool:
        """Whether no batch comes of a task any more: it was handed out, or its worker's stream has ended."""
        worker = self._tasks.get(task)
        return worker is None or (worker.ended and task not in self._arrived)

    def _handed_out(self, task: int, batch: Any) -> Any:
        del self._tasks[task]
        self._send_next()
        if isinstance(batch, Caught):
            batch.reraise()
        return batch

    def _receive(self, awaited: list[Worker]) -> tuple[Any, Any, Worker]:
        """The next answer of any of these workers: task, batch, worker. RuntimeError for a worker's death and at the
        timeout."""
        ready = wait([worker.pipe for worker in awaited], self._timeout or None)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
        worker = next(worker for worker in awaited if worker.pipe in ready)
        try:
            told = worker.pipe.recv_bytes()
        except (EOFError, OSError) as error:
            self._tell_death(worker, error)
        return (*pickle.loads(told), worker)

    def _tell_death(self, worker: Worker, error: Exception) -> NoReturn:
        worker.process.join(1.0)  # the pipe ends before the process does
        dead = ", ".join(str(one.process.pid) for one in self._workers if one is worker or not one.process.is_alive())
        self._finalizer()
        self._due = self._sent  # nothing comes any more
        raise RuntimeError(f"DataLoader worker (pid(s) {dead}) exited unexpectedly") from error


class Worker:
    """A worker process and this end of its pipe."""

    def __init__(self, context: Any, order: Order) -> None:
        self.pipe, theirs = context.Pipe(duplex=True)
        self.ended = False
        self.process = context.Process(target=run, args=(order, theirs), daemon=True)
        try:
            with warnings.catch_warnings():
                # a worker begins with nothing but Python and NumPy, which forking leaves in order
                warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
                self.process.start()
        except (TypeError, AttributeError, pickle.PicklingError):
            self.pipe.close()
            warnings.warn(
                "Got pickle error when attempting to start a worker Process. This might be because the worker Process "
                "arguments are not picklable. Python 3.14+ changed the multiprocessing start method in non-Mac POSIX "
                "platforms to 'forkserver', which requires the worker Process arguments to be picklable. "
                "You can also try multiprocessing.set_start_method('fork').",
                stacklevel=5,
            )
            raise
        finally:
            theirs.close()

    def send(self, message: Any) -> None:
        """Send a message; what has become of the worker shows where its answer is awaited."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(message)


def stop(workers: list[Worker], owner: int) -> None:
    """Let workers finish the batch they are at, and end; those that take too long are terminated, then killed."""
    if os.getpid() != owner:
        return  # a forked child has the object and not the processes
    for worker in workers:
        worker.send(None)
    deadline = time.monotonic() + PATIENCE
    pending = list(workers)
    while pending and (left := deadline - time.monotonic()) > 0:
        # what they send is read, so that none of them waits to be rid of it
        ready = wait([*(worker.pipe for worker in pending), *(worker.process.sentinel for worker in pending)], left)
        pending = [worker for worker in pending if not _has_ended(worker, ready)]
    for end in ("terminate", "kill"):
        for worker in pending:
            getattr(worker.process, end)()
        for worker in pending:
            worker.process.join(PATIENCE)
        pending = [worker for worker in pending if worker.process.is_alive()]
    for worker in workers:
        worker.process.join(PATIENCE)
        worker.pipe.close()


def _has_ended(worker: Worker, ready: list[Any]) -> bool:
    if worker.pipe in ready:
        try:
            worker.pipe.recv_bytes()
        except (EOFError, OSError):
            worker.process.join(1.0)
    return not worker.process.is_alive()
