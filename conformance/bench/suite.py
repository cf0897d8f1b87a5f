"""The benchmarks as a pytest module, collected only when it is named (see `conformance.bench.plugin`)."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from conformance.bench.contest import Contest
from conformance.bench.plugin import CONTEST, TASKS
from conformance.bench.storage import decline, feed
from conformance.bench.task import catalogue


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item for each benchmark and backend, the backends of a benchmark side by side.

    Raises:
        pytest.UsageError: the plugin is not loaded.
    """
    stash = metafunc.config.stash
    if CONTEST not in stash:
        raise pytest.UsageError("benchmarks need their plugin: add -p conformance.bench.plugin --bench-backend B")
    labels = [entrant.label for entrant in stash[CONTEST].entrants]
    pairs = [(task.name, label) for task in stash[TASKS] for label in labels]
    metafunc.parametrize(("task", "entrant"), pairs)


def test_time(benchmark: BenchmarkFixture, contest: Contest, task: str, entrant: str) -> None:
    """The backend gives the right result, and this is how long it takes."""
    outcome = contest.outcome(catalogue()[task], entrant)
    if outcome.status in ("missing", "skip"):
        pytest.skip(f"{outcome.status}: {outcome.reason}")
    if outcome.status != "pass":
        decline(benchmark)
        pytest.fail(f"{outcome.status}: {outcome.reason}", pytrace=False)
    timing = contest.timings[task, entrant]
    feed(benchmark, task, timing, {"backend": entrant, "operations": outcome.operations})
