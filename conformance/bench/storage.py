"""Handing times to pytest-benchmark, so that its tables, JSON, comparison and histograms show them.

Its fixture times one call from beginning to end; here several backends are timed in turn, before the fixture of the
second is made. So a fixture is given the rounds that were measured. Nothing public does that: the two names that are
not public are used in this file alone, and ``meta/test_bench.py`` watches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from conformance.bench.timing import Timing


def feed(benchmark: BenchmarkFixture, group: str, timing: Timing, extra: Mapping[str, Any]) -> None:
    """Give `benchmark` the rounds of `timing`, under a group and with more to keep in its JSON."""
    benchmark._mode = "conformance"
    benchmark.group = group
    benchmark.extra_info.update(extra)
    stats = benchmark._make_stats(timing.iterations)  # type: ignore[no-untyped-call]
    for duration in timing.durations:
        stats.update(duration)


def decline(benchmark: BenchmarkFixture) -> None:
    """Leave `benchmark` without times, and without its complaint that it was not used."""
    benchmark._mode = "conformance"
    benchmark.has_error = True
