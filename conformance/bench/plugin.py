"""The pytest side of the benchmarks: options, the contest of a run, and what its JSON keeps.

    OMP_NUM_THREADS=1 pytest -p conformance.bench.plugin --pyargs conformance.bench.suite \
        --bench-backend torch --bench-backend reference --benchmark-json bench.json

It is no entry point: a run that does not time anything never loads it. Every option of pytest-benchmark about
grouping, columns, storage, comparison and histograms works; those about rounds have no effect (`--bench-rounds`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance import backend
from conformance.bench import outcome
from conformance.bench.contest import Contest, enter
from conformance.bench.task import Task, select
from conformance.bench.timing import MIN_ROUNDS, ROUNDS
from conformance.specification import SelectionError

CONTEST = pytest.StashKey[Contest]()
TASKS = pytest.StashKey[Sequence[Task]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("conformance benchmarks")
    group.addoption("--bench-backend", action="append", metavar="B", help="a backend to time; the first is the base")
    group.addoption("--bench-select", action="append", metavar="GLOB", help="benchmarks to run, as `throughput.*`")
    group.addoption("--bench-rounds", type=int, default=ROUNDS, metavar="N", help=f"rounds in turn (default {ROUNDS})")
    group.addoption("--bench-device", metavar="D", help="device name or type (default: each backend's first)")
    group.addoption("--bench-report", type=Path, metavar="FILE", help="write the report there, and progress to stderr")


def pytest_configure(config: pytest.Config) -> None:
    """Load the backends before anything is collected.

    Raises:
        pytest.UsageError: no backend is named, one cannot be loaded, or a selector matches nothing.
    """
    names = config.getoption("--bench-backend")
    if not names:
        raise pytest.UsageError("name at least one backend: --bench-backend B")
    if config.getoption("--bench-rounds") < MIN_ROUNDS:
        raise pytest.UsageError(f"--bench-rounds: fewer than {MIN_ROUNDS} rounds say too little")
    try:
        config.stash[TASKS] = select(config.getoption("--bench-select") or ())
        entrants = enter([backend.load(name) for name in names], config.getoption("--bench-device"))
    except (SelectionError, backend.BackendError) as error:
        raise pytest.UsageError(str(error)) from None
    progress = config.getoption("--bench-report") is not None
    threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    config.stash[CONTEST] = Contest(entrants, config.getoption("--bench-rounds"), threads, progress)


@pytest.fixture(scope="session")
def contest(pytestconfig: pytest.Config) -> Contest:
    """The contest of this run."""
    return pytestconfig.stash[CONTEST]


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Keep the report beside pytest-benchmark's own figures."""
    output_json[outcome.KEY] = msgspec.to_builtins(config.stash[CONTEST].report())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report."""
    path = session.config.getoption("--bench-report")
    if path is not None:
        outcome.write(session.config.stash[CONTEST].report(), path)
