"""Running the benchmarks in a process of their own, whose libraries learn how many threads to use before they load."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.bench import outcome
from conformance.bench.timing import ROUNDS

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
PYTEST_TESTS_FAILED = 1
PYTEST_USAGE_ERROR = 4
PYTEST_NOTHING_COLLECTED = 5


class LaunchError(Exception):
    """The process ended without a report; `code` is its exit status, and `text` what it said."""

    def __init__(self, code: int, text: str) -> None:
        """Word the message."""
        died = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
        super().__init__(f"the process of the benchmarks {died}")
        self.code, self.text = code, text


@dataclass(frozen=True)
class Order:
    """What to time. The first backend is the base of the ratios."""

    backends: Sequence[str]
    select: Sequence[str] = ()
    rounds: int = ROUNDS
    threads: int = 1
    device: str | None = None
    storage: Path | None = None


def run(order: Order) -> outcome.Report:
    """Time everything in a fresh process, progress to stderr, and read its report.

    Raises:
        LaunchError: the process ended without a report.
    """
    with tempfile.TemporaryDirectory(prefix="conformance-bench-") as directory:
        report = Path(directory, "report.json")
        command = arguments(order, Path(directory), report)
        done = subprocess.run(command, env=environment(order.threads, os.environ), stdout=subprocess.PIPE, text=True)
        if done.returncode not in (0, PYTEST_TESTS_FAILED, PYTEST_NOTHING_COLLECTED) or not report.is_file():
            raise LaunchError(done.returncode, done.stdout)
        return outcome.read(report)


def arguments(order: Order, directory: Path, report: Path) -> list[str]:
    """The command line: pytest and the two plugins it takes, and nothing that the surroundings configure."""
    empty = directory / "pytest.ini"
    empty.write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--pyargs", "conformance.bench.suite", "-q", "-s", "--noconftest"]
    command += ["-c", str(empty), "--rootdir", str(directory), "-p", "no:cacheprovider"]
    command += ["-p", "pytest_benchmark.plugin", "-p", "conformance.bench.plugin"]
    command += ["--bench-report", str(report), "--bench-rounds", str(order.rounds)]
    command += [part for name in order.backends for part in ("--bench-backend", name)]
    command += [part for glob in order.select for part in ("--bench-select", glob)]
    command += ["--bench-device", order.device] if order.device else []
    command += ["--benchmark-json", str(order.storage)] if order.storage else []
    return command


def environment(threads: int, inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables of the process: `threads` for every library, and no options of pytest from outside."""
    kept = {name: value for name, value in inherited.items() if name not in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    limits = {name: str(threads) for name in THREAD_VARIABLES}
    return {**kept, **limits, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
