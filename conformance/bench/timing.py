"""Timing calls in turn, and what the times say: medians, and ratios of neighbours with an interval.

A machine drifts: it warms up, another process wakes. Two calls timed one after the other see the same machine, so the
rounds of all calls alternate (A B, B A, A B …) and only times of the same round are divided by one another. The median
of those ratios ignores the rounds that something disturbed, and rounds are short (a millisecond, less than a turn of
the operating system's scheduler), so that on a busy machine most of them are not.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

MIN_ROUNDS = 7
ROUNDS = 101
ROUND_SECONDS = 0.001
LIMIT_SECONDS = 20.0
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Runner:
    """A call, what to wait for at the end of a round on a device that works on its own, and what to do before one.

    Where things lie in memory makes a difference that a whole run keeps; `renew` puts them elsewhere for each round.
    """

    call: Callable[[], Any]
    synchronize: Callable[[], Any] | None = None
    renew: Callable[[], Any] | None = None

    def seconds(self, iterations: int) -> float:
        """The time that `iterations` calls take together, a first one left out where calls are quick."""
        if self.renew is not None:
            self.renew()
        gc.collect()
        call, rest = self.call, range(iterations)
        if iterations > 1:
            call()  # whoever ran before has left its own data in the caches
        start = time.perf_counter()
        for _ in rest:
            call()
        if self.synchronize is not None:
            self.synchronize()
        return time.perf_counter() - start


@dataclass(frozen=True)
class Timing:
    """The durations of rounds in seconds, each of `iterations` calls."""

    iterations: int
    durations: tuple[float, ...]

    @property
    def per_call(self) -> list[float]:
        """Seconds per call, round by round."""
        return [duration / self.iterations for duration in self.durations]

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Seconds per call: lower quartile, median, upper quartile."""
        low, middle, high = statistics.quantiles(self.per_call, n=4, method="inclusive")
        return low, middle, high


@dataclass(frozen=True)
class Ratio:
    """The median of the ratios of pairs, and an interval that holds the true median 95 times in 100."""

    median: float
    low: float
    high: float


def measure(runners: Sequence[Runner], rounds: int = ROUNDS, round_seconds: float = ROUND_SECONDS) -> list[Timing]:
    """Time `runners` in turn, the order reversed every second round.

    A round repeats a call until it lasts `round_seconds`. Slow calls get fewer rounds, seven at least, so that the
    whole ends within about 20 seconds where it can.
    """
    with _own_garbage_only():
        iterations = [calibrate(runner, round_seconds) for runner in runners]
        once = sum(runner.seconds(count) for runner, count in zip(runners, iterations, strict=True))
        rounds = max(min(rounds, int(LIMIT_SECONDS / once)), MIN_ROUNDS)
        durations: list[list[float]] = [[] for _ in runners]
        turns = range(len(runners))
        for number in range(rounds):
            for turn in turns if number % 2 == 0 else reversed(turns):
                durations[turn].append(runners[turn].seconds(iterations[turn]))
    return [Timing(count, tuple(times)) for count, times in zip(iterations, durations, strict=True)]


def calibrate(runner: Runner, round_seconds: float) -> int:
    """How many calls last `round_seconds`; finding out warms the caches up."""
    iterations = 1
    while (seconds := runner.seconds(iterations)) < round_seconds:
        wanted = math.ceil(iterations * round_seconds / max(seconds, 1e-7) * 1.05)
        iterations = min(max(wanted, iterations + 1), iterations * 10)
    return iterations


def ratio(timing: Timing, base: Timing) -> Ratio:
    """How many times `base` `timing` lasts, from times of the same rounds."""
    pairs = sorted(mine / theirs for mine, theirs in zip(timing.per_call, base.per_call, strict=True))
    low, high = median_interval(len(pairs))
    return Ratio(statistics.median(pairs), pairs[low], pairs[high])


def median_interval(count: int, confidence: float = CONFIDENCE) -> tuple[int, int]:
    """Positions in `count` sorted values between which the true median lies with `confidence`, whatever their law.

    The number of values below the median is that of heads in `count` throws of a coin. With fewer than six values the
    interval is all of them and says less than it should.
    """
    outside, low = 2.0 * 0.5**count, 0
    while (outside := outside + 2.0 * math.comb(count, low + 1) * 0.5**count) <= 1.0 - confidence:
        low += 1
    return low, count - 1 - low


@contextmanager
def _own_garbage_only() -> Iterator[None]:
    """Let the collector look at new objects only, so that a round pays for its own garbage and nobody else's."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
