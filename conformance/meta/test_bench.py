"""The benchmarks: names, arithmetic of ratios, the check before the clock, and pytest-benchmark's storage."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from conformance import backend as backends
from conformance.backend import Backend
from conformance.bench import table
from conformance.bench.contest import Contest, Entrant, enter, prepare
from conformance.bench.launch import LaunchError, Order, environment, run
from conformance.bench.outcome import KEY, Entry, Outcome, Report
from conformance.bench.task import GROUPS, Task, Timed, catalogue, select
from conformance.bench.timing import Ratio, Runner, Timing, measure, median_interval, ratio
from conformance.command.bench import bench
from conformance.document import CLAUSE_ID
from conformance.specification import SelectionError

ADAPTER = """
import types
import numpy as np
from conformance.backend import Backend

class Tensor(np.ndarray):
    device = "cpu"

def tensor(values, dtype, device):
    return np.array(values, dtype).view(Tensor)

namespace = types.ModuleType("toy")
namespace.tensor, namespace.float32, namespace.Tensor = tensor, np.float32, Tensor
namespace.sum = lambda x: np.float32(1.01) * np.sum(x)
backend = Backend(name="toy", version="1", namespace=namespace, to_numpy=np.asarray)
"""


def toy(name: str = "toy", **options: Any) -> Backend:
    """A backend whose namespace is empty."""
    return Backend(name=name, version="1", namespace=types.ModuleType("toy"), **options)


def returning(result: Callable[[Any], Any]) -> Task:
    """A benchmark whose call gives `result(namespace)`, where 1 and 2 are wanted."""

    def build(torch: Any, device: str) -> Timed:
        return Timed(lambda: result(torch), (np.array([1.0, 2.0]),), 1e-6)

    return Task("toy.pair", "A pair of numbers.", build)


def right(torch: Any) -> np.ndarray:
    """The wanted pair."""
    return np.array([1.0, 2.0], np.float32)


def test_names_and_summaries() -> None:
    """A benchmark is called after its group like a clause after its chapter, and says what it does."""
    assert {name.split(".")[0] for name in catalogue()} == set(GROUPS)
    for task in catalogue().values():
        assert CLAUSE_ID.fullmatch(task.name)
        assert task.summary.endswith(".")


def test_select_takes_globs_and_exclusions() -> None:
    """Selectors read as those of clauses do."""
    assert [task.name for task in select(["matmul.*", "!matmul.large", "!matmul.half"])] == ["matmul.small"]
    assert len(select(["!matmul.large"])) == len(catalogue()) - 1


@pytest.mark.parametrize(
    ("selector", "words"),
    [("throughput.ad", "did you mean `throughput.add`"), ("matmul", "for the whole group write `matmul.*`")],
)
def test_select_suggests(selector: str, words: str) -> None:
    """A selector that matches nothing is an error that suggests another."""
    with pytest.raises(SelectionError, match=words.replace("*", r"\*")):
        select([selector])


@pytest.mark.parametrize("count", [7, 20, 41])
def test_the_interval_of_a_median_is_the_narrowest_that_is_sure_enough(count: int) -> None:
    """It covers 95 times in 100, and the next narrower one does not."""

    def coverage(low: int) -> float:
        return 1.0 - 2.0 * sum(math.comb(count, heads) for heads in range(low + 1)) * 0.5**count

    low, high = median_interval(count)
    assert high == count - 1 - low
    assert coverage(low) >= 0.95 > coverage(low + 1)


def test_a_ratio_compares_neighbours() -> None:
    """What disturbs both times of a round leaves the ratio alone."""
    base = Timing(1, (1.0, 10.0, 2.0, 1.0, 30.0, 1.0, 1.0))
    mine = Timing(2, (4.0, 40.0, 8.0, 4.0, 120.0, 4.0, 4.0))
    assert ratio(mine, base) == Ratio(2.0, 2.0, 2.0)


def test_rounds_alternate() -> None:
    """The order of the backends is reversed every second round."""
    order: list[str] = []
    runners = [Runner(lambda: None, renew=lambda name=name: order.append(name)) for name in "ab"]  # type: ignore[misc]
    timings = measure(runners, rounds=8, round_seconds=0.0)
    assert "".join(order[-16:]) == "abba" * 4
    assert [len(timing.durations) for timing in timings] == [8, 8]


def test_a_round_lasts_and_waits_for_the_device() -> None:
    """A quick call is repeated, and the device is waited for once a round, not once a call."""
    waits: list[int] = []
    timing = measure([Runner(lambda: None, lambda: waits.append(1))], rounds=7, round_seconds=0.001)[0]
    assert timing.iterations > 100
    assert min(timing.durations) > 0.0002
    assert len(waits) < timing.iterations


@pytest.mark.parametrize(
    ("result", "status", "words"),
    [
        (lambda torch: np.array([1.0, 2.1], np.float32), "fail", "values: 1 of 2 differ"),
        (lambda torch: np.array([1.0, 2.0]), "fail", "dtype 'float64', want 'float32'"),
        (lambda torch: np.array([[1.0, 2.0]], np.float32), "fail", "shape (1, 2), want (2,)"),
        (lambda torch: (right(torch), right(torch)), "fail", "results 2, want 1"),
        (lambda torch: torch.pair(), "missing", "no attribute 'pair'"),
        (lambda torch: 1 / 0, "fail", "ZeroDivisionError"),
    ],
)
def test_a_wrong_result_gets_no_time(result: Callable[[Any], Any], status: str, words: str) -> None:
    """A wrong, missing or refused result has a status and a reason, and no time."""
    contest = Contest(enter([toy()]), rounds=7)
    outcome = contest.outcome(returning(result), "toy")
    assert outcome.status == status
    assert words in outcome.reason
    assert outcome.microseconds is None
    assert not contest.timings
    assert not contest.report().green


def test_a_second_call_that_fails_is_told() -> None:
    """A call that works only once is no benchmark."""
    calls: list[int] = []

    def once(torch: Any) -> np.ndarray:
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("graph already freed")
        return right(torch)

    assert "graph already freed" in Contest(enter([toy()])).outcome(returning(once), "toy").reason


def test_a_right_result_is_timed_against_the_first_backend() -> None:
    """A backend named twice runs twice; the second is divided by the first."""
    contest = Contest(enter([toy(), toy()]), rounds=7)
    outcome = contest.outcome(returning(right), "toy#2")
    assert outcome.status == "pass"
    assert outcome.rounds == 7
    assert outcome.ratio is not None
    assert outcome.ratio.low <= outcome.ratio.median <= outcome.ratio.high
    assert contest.outcome(returning(right), "toy").ratio is None
    assert contest.report().green


def test_a_device_is_found_by_name_or_type() -> None:
    """Without such a device a backend is skipped, with the reason."""
    backend = toy(devices=("cpu", "sim:0", "sim:1"))
    assert [enter([backend], device)[0].device for device in (None, "sim", "sim:1")] == ["cpu", "sim:0", "sim:1"]
    outcome = prepare(returning(right), enter([backend], "cuda")[0])[1]
    assert outcome is not None
    assert (outcome.status, outcome.reason) == ("skip", "it has only cpu, sim:0, sim:1")


@pytest.mark.parametrize("name", list(catalogue()))
def test_the_reference_runs_every_benchmark(name: str) -> None:
    """The reference has every name and gives every result."""
    reference = backends.load("reference")
    assert prepare(catalogue()[name], Entrant("reference", reference, reference.devices[0]))[1] is None


def test_pytest_benchmark_keeps_the_times(tmp_path: Path) -> None:
    """The JSON has groups, rounds and times where pytest-benchmark puts them, and the report beside them."""
    adapter, storage = tmp_path / "toy.py", tmp_path / "bench.json"
    adapter.write_text(ADAPTER, encoding="utf-8")
    names = ["overhead.add", "throughput.sum", "throughput.exp"]
    report = run(Order([str(adapter), str(adapter)], names, rounds=7, storage=storage))
    assert [report.of(name)["toy"].status for name in names] == ["pass", "fail", "missing"]
    kept = json.loads(storage.read_text(encoding="utf-8"))
    first, second = kept["benchmarks"]
    assert (first["group"], first["name"]) == ("overhead.add", "test_time[overhead.add-toy]")
    assert second["extra_info"] == {"backend": "toy#2", "operations": 1}
    assert first["stats"]["rounds"] == 7
    assert first["stats"]["median"] * 1e6 == pytest.approx(report.of("overhead.add")["toy"].microseconds)
    assert kept[KEY]["threads"] == 1


def test_a_backend_that_cannot_be_loaded_ends_the_run() -> None:
    """The process tells why by pytest's status of a wrong command line."""
    with pytest.raises(LaunchError, match="ended with status 4"):
        run(Order(["no_such_backend"], ["overhead.add"]))


def test_the_process_has_its_own_surroundings() -> None:
    """Options from outside do not reach it, and thread limits do."""
    variables = environment(2, {"PYTEST_ADDOPTS": "-n 2", "PATH": "/bin"})
    assert "PYTEST_ADDOPTS" not in variables
    assert variables["PATH"] == "/bin"
    assert variables["OPENBLAS_NUM_THREADS"] == variables["OMP_NUM_THREADS"] == "2"


def sample() -> Report:
    """A report of two backends with a time, a ratio and a gap."""
    entries = [Entry("a", "a", "1", "cpu"), Entry("b", "b", "2", "cpu")]
    outcomes = [
        Outcome("overhead.add", "a", "pass", microseconds=1.0, low=0.9, high=1.1),
        Outcome("overhead.add", "b", "pass", microseconds=4.0, low=3.9, high=4.1, ratio=Ratio(4.0, 3.9, 4.2)),
        Outcome("matmul.large", "a", "pass", microseconds=23456.7, low=23456.7, high=23456.7),
        Outcome("matmul.large", "b", "missing", "no attribute 'matmul'"),
    ]
    return Report("1", 41, 1, 1.0, entries, outcomes)


def test_tables_show_times_ratios_and_reasons() -> None:
    """Plain text and Markdown say the same."""
    for text in (table.pretty(sample()), table.markdown(sample())):
        assert "1.00 µs ±10.0%" in text
        assert "4.00x (3.90 to 4.20)" in text
        assert "23,457 µs ±0.0%" in text
        assert "matmul.large on b: no attribute 'matmul'" in text


@pytest.mark.parametrize(("share", "told"), [(0.5, True), (0.97, False), (0.0, False)])
def test_a_busy_machine_is_told(share: float, told: bool) -> None:
    """A process that had to wait for its processor says so; without a measurement it says nothing."""
    report = Report("1", 41, 1, share, sample().backends, sample().outcomes)
    assert ("The machine was busy" in table.pretty(report)) is told


def test_green_means_timed_and_right() -> None:
    """A backend without any time, or with a wrong result, is not green."""
    report = sample()
    assert report.green
    assert not Report("1", 41, 1, 1.0, report.backends, report.outcomes[:1]).green
    wrong = Outcome("overhead.add", "b", "fail", "values")
    assert not Report("1", 41, 1, 1.0, report.backends, [*report.outcomes, wrong]).green


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--list", "train.*"], 0, "train.mlp"),
        (["overhead.ad", "--backend", "toy"], 2, "did you mean `overhead.add`"),
        (["--format", "mdd"], 2, "did you mean `md`"),
        (["overhead.*", "!overhead.*", "--backend", "toy"], 2, "leaves nothing"),
        (["--backend", "toy", "-o", "no-such-folder/bench.json"], 2, "no folder `no-such-folder`"),
        (["--rounds", "3", "--backend", "toy"], 2, "x>=7"),
        (["--help"], 0, "pytest-benchmark compare"),
    ],
)
def test_command_line(arguments: list[str], code: int, words: str) -> None:
    """The command lists, teaches and refuses."""
    result = CliRunner().invoke(bench, arguments)
    assert result.exit_code == code
    assert words in result.output
