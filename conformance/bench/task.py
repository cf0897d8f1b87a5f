"""What a benchmark is, and which there are."""

from __future__ import annotations

import fnmatch
import functools
import importlib
import inspect
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.specification import SelectionError, suggest

GROUPS = ("overhead", "autograd", "functional", "matmul", "sequence", "train", "data", "throughput", "rearrange")


@dataclass(frozen=True)
class Timed:
    """A call to time, and what its first result must be.

    `call` takes nothing and returns a tensor of `dtype` or a tuple of them; `want` holds as many arrays in double
    precision. A result is right when no element is further off than `tolerance` times the largest wanted magnitude.
    `operations` says how many operations one call performs: times are told per operation. `renew` runs before each
    round and is not timed.
    """

    call: Callable[[], Any]
    want: tuple[np.ndarray, ...]
    tolerance: float
    operations: int = 1
    renew: Callable[[], Any] | None = None
    dtype: str = "float32"


@dataclass(frozen=True)
class Task:
    """A benchmark: `build(namespace, device)` prepares its inputs on the device."""

    name: str
    summary: str
    build: Callable[[Any, str], Timed]


@functools.cache
def catalogue() -> dict[str, Task]:
    """Every benchmark by name, in the order of the groups and of their functions."""
    return {task.name: task for group in GROUPS for task in _tasks(group)}


def select(selectors: Sequence[str]) -> list[Task]:
    """The benchmarks that full-match globs choose (``throughput.*``, ``!matmul.large``), all of them without any.

    Raises:
        SelectionError: a selector matches no benchmark.
    """
    positive = [selector for selector in selectors if not selector.startswith("!")]
    chosen = {name for selector in positive for name in _matching(selector)}
    dropped = {name for selector in selectors if selector.startswith("!") for name in _matching(selector[1:])}
    tasks = catalogue().values()
    return [task for task in tasks if (not positive or task.name in chosen) and task.name not in dropped]


def tensor(torch: Any, values: np.ndarray, device: str) -> Any:
    """A float32 tensor made from nested lists, which every backend can read."""
    return torch.tensor(values.tolist(), dtype=torch.float32, device=device)


def uniform(name: str, shape: tuple[int, ...], low: float = -1.0, high: float = 1.0) -> np.ndarray:
    """Values in ``[low, high)`` that depend on `name` only, exact in float32, as float64."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return generator.uniform(low, high, shape).astype(np.float32).astype(np.float64)


def fill(torch: Any, module: Any, arrays: Sequence[np.ndarray], device: str) -> None:
    """Write the values of a module's parameters, in their order."""
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), arrays, strict=True):
            parameter.copy_(tensor(torch, array, device))


def _tasks(group: str) -> Iterator[Task]:
    module = importlib.import_module(f"{__package__}.{group}")
    for name, function in vars(module).items():
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
            summary = (inspect.getdoc(function) or "").splitlines()[0]
            yield Task(f"{group}.{name.replace('_', '-')}", summary, function)


def _matching(selector: str) -> list[str]:
    names = list(catalogue())
    found = [name for name in names if fnmatch.fnmatchcase(name, selector)]
    if not found and selector in GROUPS:
        raise SelectionError(f"no benchmark is called `{selector}`; for the whole group write `{selector}.*`")
    if not found:
        raise SelectionError(f"no benchmark matches `{selector}`{suggest(selector, names)}")
    return found
