"""Records are written line by line, read back whole, and refused with file and line where they make no sense."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from conformance.meta.runs import CLAUSES, header, results, write
from conformance.record import End, RecordError, Result, Writer, read, schema
from conformance.status import Status

PASSING: dict[str, tuple[Status, ...]] = dict.fromkeys(CLAUSES, ("pass",))
HEADER = msgspec.json.encode(header()).decode()
RESULT = '{"kind":"result","clause":"view.transpose.alias","item":"[cpu]","status":"pass"}'
END = '{"kind":"end","counts":{"pass":1},"items":1}'


def test_round_trip(tmp_path: Path) -> None:
    """What was written is what is read."""
    statuses: dict[str, tuple[Status, ...]] = {CLAUSES[0]: ("pass", "fail"), CLAUSES[3]: ("missing",)}
    run = read(write(tmp_path / "run.jsonl", statuses))[0]
    assert run.complete
    assert run.problems == []
    assert run.results == results(statuses)
    assert run.header.backend.lacks == {"complex": "not yet"}
    assert run.end is not None
    assert run.end.counts == {"pass": 1, "fail": 1, "missing": 1}


def test_a_line_says_the_device_once(tmp_path: Path) -> None:
    """In the item where it ends with it; apart where it names a pair of devices, or none."""
    places = ("[cpu]", "[x - 1-sim:0]", "[2-cpu->sim:0]", "[x[-1]-cpu]", "")
    devices = ("cpu", "sim:0", "cpu", "cpu", "sim:1")
    found = [
        Result(CLAUSES[0], f"{CLAUSES[0]}{place}", "pass", device)
        for place, device in zip(places, devices, strict=True)
    ]
    with Writer(tmp_path / "run.jsonl", header()) as writer:
        for result in found:
            writer.result(result)
    told = (tmp_path / "run.jsonl").read_text().splitlines()[1:]
    assert ['"device"' in line for line in told] == [False, False, True, False, True]
    assert [result.device for result in read(tmp_path / "run.jsonl")[0].results] == list(devices)


def test_several_runs_in_one_file(tmp_path: Path) -> None:
    """One after the other."""
    write(tmp_path / "run.jsonl", PASSING, "one")
    runs = read(write(tmp_path / "run.jsonl", PASSING, "two"))
    assert [run.header.backend.name for run in runs] == ["one", "two"]


def test_every_line_is_there_at_once(tmp_path: Path) -> None:
    """A reader follows a run while it goes on."""
    with Writer(tmp_path / "run.jsonl", header()) as writer:
        assert len(read(tmp_path / "run.jsonl")[0].results) == 0
        writer.result(Result(CLAUSES[0], f"{CLAUSES[0]}[cpu]", "pass"))
        run = read(tmp_path / "run.jsonl")[0]
    assert [result.item for result in run.results] == [f"{CLAUSES[0]}[cpu]"]
    assert not run.complete


def test_cut_off_in_a_line(tmp_path: Path) -> None:
    """Everything before the cut is readable, and the run says that it is incomplete."""
    file = write(tmp_path / "run.jsonl", PASSING)
    text = file.read_text()
    file.write_text(text[: text.index('"item":"[0-cpu]"', text.index(CLAUSES[-1], text.index("\n")))])
    run = read(file)[0]
    assert [result.clause for result in run.results] == list(CLAUSES[:-1])
    assert not run.complete
    assert run.problems[0] == "cut off in the middle of line 5"


def test_cut_off_anywhere(tmp_path: Path) -> None:
    """No cut behind the header makes a record unreadable, or complete."""
    whole = write(tmp_path / "whole.jsonl", PASSING).read_bytes()
    file = tmp_path / "run.jsonl"
    for length in range(whole.index(b"\n"), len(whole) - 1, 7):
        file.write_bytes(whole[:length])
        assert not read(file)[0].complete


def test_a_run_after_one_that_was_cut_off(tmp_path: Path) -> None:
    """The broken line belongs to the first; the second is whole."""
    file = write(tmp_path / "run.jsonl", PASSING, "one")
    text = file.read_text()
    file.write_text(text[:-20] + "\n")
    first, second = read(write(file, PASSING, "two"))
    assert not first.complete
    assert second.complete


def test_no_end_line(tmp_path: Path) -> None:
    """Incomplete, in words."""
    run = read(write(tmp_path / "run.jsonl", PASSING, whole=False))[0]
    assert not run.complete
    assert run.problems == ["no end line: the run did not come to its end"]


@pytest.mark.parametrize(
    ("end", "planned", "problem"),
    [
        (End({"pass": 1}, 1), 2, "1 results where the plan has 2 items"),
        (End({"pass": 2}, 2), 1, "the end line counts 2 items, the record has 1"),
        (End({"pass": 1}, 1, exit=2), 1, "the run was broken off (exit code 2)"),
    ],
)
def test_numbers_that_disagree(tmp_path: Path, end: End, planned: int, problem: str) -> None:
    """A run whose numbers contradict each other is not complete."""
    with Writer(tmp_path / "run.jsonl", header(items=planned)) as writer:
        writer.result(Result(CLAUSES[0], f"{CLAUSES[0]}[cpu]", "pass"))
        writer.end(end)
    run = read(tmp_path / "run.jsonl")[0]
    assert not run.complete
    assert run.problems == [problem]


def test_what_is_unknown_is_ignored(tmp_path: Path) -> None:
    """Fields and kinds of line from a later version do no harm."""
    later = json.loads(RESULT) | {"mood": "sunny"}
    lines = [HEADER, '{"kind":"start","item":"x"}', json.dumps(later), END]
    (tmp_path / "run.jsonl").write_text("\n".join(lines))
    assert len(read(tmp_path / "run.jsonl")[0].results) == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER, RESULT.replace('"pass"', '"flaky"')], ":2: unknown status `flaky` (known: pass, skip, "),
        ([HEADER, RESULT.replace('"pass"', '"fial"')], ":2: unknown status `fial`; did you mean `fail`?"),
        ([HEADER, RESULT[:-1] + ',"cases":{"odd":1}}'], ":2: unknown status `odd`"),
        ([HEADER, RESULT[:-1] + ',"failures":[{"case":"a","status":"odd"}]}'], ":2: unknown status `odd`"),
        ([HEADER, END.replace("pass", "odd")], ":2: unknown status `odd`"),
        ([HEADER.replace('"schema":1', '"schema":2')], ":1: schema 2 where this version"),
        (['{"kind":"header","schema":2,"plan":7}'], ":1: schema 2 where this version"),
        ([RESULT], ":1: result line without a header before it"),
        ([HEADER, RESULT, END, RESULT], ":4: result line without a header before it"),
        ([HEADER, RESULT, RESULT], ":3: item `view.transpose.alias[cpu]` stands twice in one run"),
        ([HEADER, RESULT[:-9], RESULT], ":2: not a line of JSON"),
        ([HEADER, '["pass"]'], ":2: not a line of a record"),
        ([HEADER, RESULT.replace('"[cpu]"', "3")], ":2: result line: Expected `str`, got `int` - at `$.item`"),
        (["hello"], ":1: not a line of JSON"),
        (["\xff\xfe"], ":1: not a line of JSON"),
        ([""], ": no run in this file"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    """The error names the file and the line."""
    file = tmp_path / "run.jsonl"
    file.write_bytes("\n".join(lines).encode("latin-1"))
    with pytest.raises(RecordError) as refusal:
        read(file)
    assert str(refusal.value).startswith(f"{file}{message}")


def test_size(tmp_path: Path) -> None:
    """100,000 passing items stay under 15 MB: half examples, half laws, ids as long as the specification's are."""
    clause, row = "pointwise.add.core", "[torch.add(x, y, 12)-cpu]"
    with Writer(tmp_path / "run.jsonl", header()) as writer:
        before = (tmp_path / "run.jsonl").stat().st_size
        writer.result(Result(clause, clause + row, "pass", "cpu", {"pass": 1}, (), 0.0123456))
        writer.result(Result(clause, clause + row, "pass", "cpu", {"pass": 34}, (), 0.0123456))
    assert ((tmp_path / "run.jsonl").stat().st_size - before) * 50_000 < 15_000_000


def test_schema() -> None:
    """The JSON Schema names the three kinds of line and the eight statuses."""
    text = json.dumps(schema())
    assert all(f'"{word}"' in text for word in ("header", "result", "end", "unsupported", "timeout"))
