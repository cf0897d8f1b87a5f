"""One benchmark on every backend: check the result once, then time those that are right, in turn."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

import conformance
from conformance.backend import Backend
from conformance.bench.outcome import Entry, Outcome, Report
from conformance.bench.task import Task, Timed
from conformance.bench.timing import ROUNDS, Ratio, Runner, Timing, measure, ratio
from conformance.case import Case, Trial

MICRO = 1e6


@dataclass(frozen=True)
class Entrant:
    """A backend that takes part on one device; none when it has no such device."""

    label: str
    backend: Backend
    device: str | None


@dataclass
class Contest:
    """All benchmarks on all backends. A benchmark is held once, when first asked for."""

    entrants: Sequence[Entrant]
    rounds: int = ROUNDS
    threads: int = 0
    progress: bool = False
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    timings: dict[tuple[str, str], Timing] = field(default_factory=dict)
    passed: float = 0.0
    worked: float = 0.0

    def outcome(self, task: Task, label: str) -> Outcome:
        """What `task` gave on one backend."""
        if (task.name, label) not in self.outcomes:
            self._hold(task)
        return self.outcomes[task.name, label]

    def report(self) -> Report:
        """Everything held so far."""
        entries = [Entry(e.label, e.backend.name, str(e.backend.version), e.device or "") for e in self.entrants]
        share = self.worked / self.passed if self.passed else 0.0
        return Report(conformance.__version__, self.rounds, self.threads, share, entries, list(self.outcomes.values()))

    def _hold(self, task: Task) -> None:
        self._say(f"{task.name} … ")
        ready: dict[str, tuple[Entrant, Timed]] = {}
        for entrant in self.entrants:
            timed, refusal = prepare(task, entrant)
            self.outcomes[task.name, entrant.label] = refusal or Outcome(task.name, entrant.label, "error", "not timed")
            if timed is not None:
                ready[entrant.label] = entrant, timed
        if ready:
            self._time(task, ready)
        told = [f"{entrant.label} {brief(self.outcomes[task.name, entrant.label])}" for entrant in self.entrants]
        self._say(", ".join(told) + "\n")

    def _time(self, task: Task, ready: dict[str, tuple[Entrant, Timed]]) -> None:
        runners = [Runner(timed.call, entrant.backend.synchronize, timed.renew) for entrant, timed in ready.values()]
        passed, worked = time.perf_counter(), time.process_time()
        try:
            timings = dict(zip(ready, measure(runners, self.rounds), strict=True))
        except Exception as error:
            for label in ready:
                reason = f"while timing: {type(error).__name__}: {error}"
                self.outcomes[task.name, label] = Outcome(task.name, label, "error", reason)
            return
        self.passed += time.perf_counter() - passed
        self.worked += time.process_time() - worked
        base = timings.get(self.entrants[0].label)
        for label, timing in timings.items():
            self.timings[task.name, label] = timing
            against = ratio(timing, base) if base is not None and timing is not base else None
            self.outcomes[task.name, label] = _timed(task, label, ready[label][1].operations, timing, against)

    def _say(self, text: str) -> None:
        if self.progress:
            sys.stderr.write(text)
            sys.stderr.flush()


def enter(backends: Sequence[Backend], device: str | None = None) -> list[Entrant]:
    """Number backends that are named twice (an A/A control), and find each one's device.

    `device` is a name or a type; without it a backend takes part on its first device.
    """
    seen: Counter[str] = Counter()
    entrants = []
    for backend in backends:
        seen[backend.name] += 1
        label = backend.name if seen[backend.name] == 1 else f"{backend.name}#{seen[backend.name]}"
        matching = (d for d in backend.devices if device in (None, d, d.split(":")[0]))
        entrants.append(Entrant(label, backend, next(matching, None)))
    return entrants


def prepare(task: Task, entrant: Entrant) -> tuple[Timed | None, Outcome | None]:
    """Build the benchmark and compare its first result with NumPy's: the call to time, or why there is none."""
    if entrant.device is None:
        return None, Outcome(task.name, entrant.label, "skip", f"it has only {', '.join(entrant.backend.devices)}")
    trial = Trial(entrant.backend, task.name, task.name, entrant.device, task.name)
    timed: Timed | None = None
    with trial.case(task.name) as case:
        timed = task.build(entrant.backend.namespace, entrant.device)
        judge(case, timed)
        timed.call()
    if trial.status == "pass":
        return timed, None
    return None, Outcome(task.name, entrant.label, trial.status, why(case))


def judge(case: Case, timed: Timed) -> None:
    """Call once; every result has its dtype, shape and values."""
    results = timed.call()
    results = results if isinstance(results, tuple) else (results,)
    case.equal("results", len(results), len(timed.want))
    for got, want in zip(results, timed.want, strict=False):
        array = case.trial.read(got)
        case.equal("dtype", array.dtype.name, timed.dtype)
        case.within(array, np.asarray(want), relative=0.0, absolute=timed.tolerance * float(np.max(np.abs(want))))


def why(case: Case) -> str:
    """The reason of a refusal in one line."""
    failed = next((check for check in case.checks if not check.ok), None)
    if case.exception or failed is None:
        return " ".join(case.exception.split())
    differ = " ".join(failed.got.partition("\n")[2].split()) or failed.got
    return f"{failed.name}: {differ}" if failed.name == "values" else f"{failed.name} {differ}, want {failed.want}"


def brief(outcome: Outcome) -> str:
    """An outcome in a word or two, for a line of progress."""
    if outcome.microseconds is None:
        return outcome.status
    times = f" ({outcome.ratio.median:.2f}x)" if outcome.ratio else ""
    return f"{outcome.microseconds:.4g} µs{times}"


def _timed(task: Task, label: str, operations: int, timing: Timing, against: Ratio | None) -> Outcome:
    low, middle, high = (seconds * MICRO / operations for seconds in timing.quartiles)
    return Outcome(
        benchmark=task.name,
        backend=label,
        status="pass",
        operations=operations,
        microseconds=middle,
        low=low,
        high=high,
        rounds=len(timing.durations),
        iterations=timing.iterations,
        ratio=against,
    )
