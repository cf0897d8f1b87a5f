"""The reporter of `conformance run`: progress on stderr while it runs; failures, missing names and a verdict on stdout.

Loaded by `conformance run` alone. It stands in for pytest's own reporter, unless pytest arguments were given.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

import pytest

from conformance.outcome import outcome_of
from conformance.status import STATUSES, Status
from conformance.terminal import absences, advice, capabilities, one_of_each_kind, verdict

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionRepr

TICK = 0.2
SILENCE = 30.0
ALL_WERE_RUN = (0, 1)
RED, GREEN, YELLOW, BOLD, PLAIN = (f"\033[{code}m" for code in (31, 32, 33, 1, 0))
LAW_WEIGHT = 4  # an item of a law takes about so many times an example's time


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Take the place of pytest's reporter, before xdist asks for it."""
    standard = config.pluginmanager.getplugin("terminalreporter")
    if standard is None or hasattr(config, "workerinput"):
        return
    config.pluginmanager.unregister(standard)
    config.pluginmanager.register(Reporter(config, sys.stdout, os.fdopen(os.dup(2), "w")), "conformance-progress")


class Reporter:
    """Counts items as they end; a thread of its own draws the line, so that a long item does not stop the clock."""

    def __init__(self, config: pytest.Config, out: TextIO, err: TextIO) -> None:
        self.config, self.out, self.err = config, out, err
        self.live = err.isatty() and os.environ.get("TERM") != "dumb"
        self.colour = out.isatty() and not os.environ.get("NO_COLOR")
        self.total = self.done = 0
        self.weights = [0, 0]
        self.counts: Counter[Status] = Counter()
        self.reports: list[Any] = []
        self.failed: list[Any] = []
        self.current = "collecting"
        self.broken_off = ""
        self.began = self.first = time.monotonic()
        self.ended = threading.Event()
        self.clock = threading.Thread(target=self._tick, daemon=True)

    def pytest_sessionstart(self) -> None:
        """The clock starts."""
        self.clock.start()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """In one process the items are known now."""
        self._plan([item.nodeid for item in session.items])
        lines = self.config.hook.pytest_report_collectionfinish(
            config=self.config, start_path=self.config.invocation_params.dir, items=session.items
        )
        for line in lines:
            for told in [line] if isinstance(line, str) else line:
                self._erase()
                print(told, file=self.err, flush=True)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: Sequence[str]) -> None:
        """Among several processes, each of them collects the same items."""
        self._plan(ids)

    def _plan(self, names: Sequence[str]) -> None:
        if names and not self.total:
            self.total, self.first = len(names), time.monotonic()
            self.weights[1] = sum(map(_weight, names))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """What cannot be collected is told at the end."""
        if report.failed:
            self.failed.append(report)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """The item that the line names."""
        self.current = nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """An item of the specification counts once; other reports count where they fail."""
        status = outcome_of(report)
        if status is not None:
            self.counts[status] += 1
            self.done += 1
            self.weights[0] += _weight(report.nodeid)
            self.reports.append(report)
        if report.failed and status != "missing":
            self.failed.append(report)

    def pytest_internalerror(self, excrepr: ExceptionRepr) -> bool:
        """Told as it is; pytest need not print it."""
        self._stop()
        print(f"conformance broke: an internal error\n{excrepr}", file=self.err, flush=True)
        return True

    def pytest_keyboard_interrupt(self) -> None:
        """By the user, or by an item that may not go on."""
        self.broken_off = "broken off"

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Any:
        """After everyone else: the failures, what is missing, and one line of verdict."""
        result = yield
        self._stop()
        self._conclude(exitstatus)
        return result

    def _conclude(self, exitstatus: int) -> None:
        shown = one_of_each_kind(self.failed)
        for report in shown:
            self._failure(report)
        missing = [report for report in self.reports if outcome_of(report) == "missing"]
        told = [*absences(missing, self._planned), *capabilities(self._planned, self.reports), *advice(self.failed)]
        for line in told:
            self._say(line)
        if len(shown) < len(self.failed):
            few = f"{len(self.failed)} items failed; shown is one of each of the most frequent kinds ({len(shown)})."
            self._say(f"{few} All: run with -v, or keep the record (-o run.jsonl) and call conformance report.", YELLOW)
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            self._say("nothing was run: no item fits -k, --device and --dtype", YELLOW)
        missed = self.total - self.done
        if missed > 0 and (self.broken_off or exitstatus not in ALL_WERE_RUN or self.failed):
            self._say(f"{self.broken_off or 'stopped'} after {self.done} of {self.total} items", YELLOW)
        concluded = verdict(self._planned, self.reports)
        if concluded:
            self._say(concluded, BOLD)
            self._say(f"{self._tally()} in {_clock(time.monotonic() - self.began)}")
        self.out.flush()

    def _planned(self) -> Any:
        from conformance.plugin import plan_of

        return plan_of(self.config)

    def _failure(self, report: Any) -> None:
        found = getattr(report, "conformance", None)
        word, name = (found["status"].upper(), found["item"]) if found else ("ERROR", report.nodeid)
        width = min(shutil.get_terminal_size().columns, 100)
        self._say(f"── {word}  {name} ".ljust(width, "─"), RED)
        for line in str(report.longrepr).splitlines():
            self._say(line, RED if re.match(r" +(\d+ )?✗", line) else "")
        self._say("")

    def _say(self, line: str, style: str = "") -> None:
        print(f"{style}{line}{PLAIN}" if style and self.colour else line, file=self.out)

    def _tick(self) -> None:
        while not self.ended.wait(TICK if self.live else SILENCE):
            line = self._line()
            if self.live:
                line = f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}"
            print(line, end="" if self.live else "\n", file=self.err, flush=True)

    def _line(self) -> str:
        """How far it is: percent, counts by verdict, rate, time left, and the item that runs."""
        if not self.total:
            return f"collecting, {_clock(time.monotonic() - self.began)}"
        seconds = max(time.monotonic() - self.first, 1e-3)
        done, planned = self.weights
        left = f"{_clock(seconds / done * (planned - done))} left" if done else ""
        rate = f"{self.done / seconds:.0f} items/s"
        item = self.current.rpartition("::")[2] if self.live else ""
        parts = [f"{100 * done // planned:>3} %", f"{self.done} of {self.total}", self._tally(), rate, left, item]
        return "   ".join(filter(None, parts))

    def _tally(self) -> str:
        return ", ".join(f"{self.counts[status]} {status}" for status in STATUSES if self.counts[status])

    def _erase(self) -> None:
        if self.live:
            print("\r\033[K", end="", file=self.err, flush=True)

    def _stop(self) -> None:
        if not self.ended.is_set():
            self.ended.set()
            if self.clock.is_alive():
                self.clock.join()
            self._erase()


def _weight(nodeid: str) -> int:
    return 1 if ".md::" in nodeid else LAW_WEIGHT


def _clock(seconds: float) -> str:
    """``42 s``, ``3:05 min``."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{int(seconds) // 60}:{int(seconds) % 60:02} min"
