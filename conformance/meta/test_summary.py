"""The number never flatters: rounded down, absent where a run is not whole, not green where nothing was checked."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from conformance.meta.runs import header, results, write
from conformance.record import End, Run, Writer, read
from conformance.score import Verdict, score, standings, verdict
from conformance.status import STATUSES, Status
from conformance.summary import FORMATS, as_json, as_markdown, labels, print_pretty, summarize


def run_of(statuses: dict[str, tuple[Status, ...]], clauses: tuple[str, ...] = (), **plan: object) -> Run:
    """A complete run, in memory."""
    found = results(statuses)
    return Run(header("mylib", len(found), clauses or tuple(statuses), **plan), found, End({}, len(found)))


def test_score_is_rounded_down() -> None:
    """999 of 1000 is 99; 100 is said only when exact."""
    statuses: dict[str, tuple[Status, ...]] = {f"view.c{n}": ("pass",) for n in range(999)}
    assert score(run_of(statuses)) == 100
    assert score(run_of(statuses | {"view.last": ("pass", "fail")})) == 99


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "pass"])
def test_only_pass_conforms(status: Status) -> None:
    """One item of any other status takes its clause away."""
    run = run_of({"view.a": ("pass", status), "view.b": ("pass",)})
    assert standings(run) == {"view.a": status, "view.b": "pass"}
    assert score(run) == 50
    assert verdict(run) == ("holds but for declared lacks" if status == "unsupported" else "does not conform")


def test_a_planned_clause_without_an_item_does_not_conform() -> None:
    """It is unchecked."""
    run = run_of({"view.a": ("pass",)}, ("view.a", "view.b"))
    assert standings(run)["view.b"] == "unchecked"
    assert score(run) == 50
    assert verdict(run) == "does not conform"


@pytest.mark.parametrize(
    ("run", "word"),
    [
        (run_of({"view.a": ("pass",)}), "conforms"),
        (run_of({"view.a": ("pass",)}, select=("view.*",)), "all selected clauses hold"),
        (run_of({"view.a": ("pass",)}, narrowed=("--device cpu",)), "all selected clauses hold"),
        (run_of({"view.a": ("pass",)}, ("view.a", "view.b"), narrowed=("--lf",)), "what was run holds"),
        (run_of({"view.a": ("pass",), "view.b": ("unsupported",)}), "holds but for declared lacks"),
        (run_of({"view.a": ("missing",), "view.b": ("unsupported",)}), "does not conform"),
        (run_of({"view.a": ("fail",)}, ("view.a", "view.b"), narrowed=("--lf",)), "does not conform"),
        (run_of({"view.a": ("skip",), "view.b": ("error",)}), "nothing checked"),
        (run_of({}, ("view.a",)), "nothing checked"),
        (run_of({}), "nothing checked"),
        (Run(header(items=0), [], None, ["no end line"]), "incomplete"),
    ],
)
def test_verdict(run: Run, word: Verdict) -> None:
    """ "Conforms" is said of a complete run of a whole profile only."""
    assert verdict(run) == word
    assert summarize([run]).runs[0].green is (word in ("conforms", "all selected clauses hold"))
    if word in ("incomplete", "nothing checked"):
        assert score(run) is None


def test_a_run_that_stopped_at_a_failure_has_no_score(tmp_path: Path) -> None:
    """`-x` leaves planned items without a result."""
    found = results({"view.a": ("fail",)})
    with Writer(tmp_path / "run.jsonl", header(items=9, clauses=("view.a", "view.b"))) as writer:
        writer.result(found[0])
        writer.end(End({"fail": 1}, 1, exit=1))
    run = read(tmp_path / "run.jsonl")[0]
    assert (verdict(run), score(run)) == ("incomplete", None)


def test_totals(tmp_path: Path) -> None:
    """Chapters add up to clauses, statuses to items."""
    statuses: dict[str, tuple[Status, ...]] = {"view.a": ("pass", "pass"), "view.b": ("fail",), "dtype.a": ("pass",)}
    summary = summarize(read(write(tmp_path / "run.jsonl", statuses)))
    run = summary.runs[0]
    assert summary.chapters == ("view", "dtype")
    assert sum(tally.clauses for tally in run.chapters.values()) == run.clauses.clauses == 3
    assert sum(tally.conforming for tally in run.chapters.values()) == run.clauses.conforming == 2
    assert run.items == {"pass": 3, "fail": 1}
    assert run.score == 66


def test_labels_are_unique() -> None:
    """Two runs of one backend are told apart."""
    first, second = run_of({}), run_of({})
    assert labels([first]) == ["mylib"]
    assert labels([first, second]) == ["mylib 1.2 #1", "mylib 1.2 #2"]


def test_formats_agree(tmp_path: Path) -> None:
    """Terminal, Markdown and JSON say the same numbers."""
    write(tmp_path / "run.jsonl", {"view.a": ("pass",), "view.b": ("fail",)}, "one")
    summary = summarize(read(write(tmp_path / "run.jsonl", {"view.a": ("pass",)}, "two", whole=False)))
    pretty = io.StringIO()
    print_pretty(summary, pretty)
    data = json.loads(as_json(summary))
    assert [run["score"] for run in data["runs"]] == [50, None]
    for text in (pretty.getvalue(), as_markdown(summary)):
        assert "1/2" in text
        assert "50 %" in text
        assert "two: no end line" in text
    assert set(FORMATS) == {"pretty", "json", "md"}


def test_a_name_steers_nothing(tmp_path: Path) -> None:
    """Escape sequences and table markup in a backend's name are shown, not obeyed."""
    hostile = "\x1b[31mred\x1b[0m|`x`|[link](y)<b>"
    summary = summarize(read(write(tmp_path / "run.jsonl", {"view.a": ("pass",)}, hostile)))
    pretty = io.StringIO()
    print_pretty(summary, pretty)
    assert "\x1b" not in pretty.getvalue()
    markdown = as_markdown(summary)
    assert "\x1b" not in markdown
    assert markdown.splitlines()[0].replace("\\|", "").count("|") == 3
    assert "<b>" not in markdown.replace("\\<b\\>", "")


def test_no_colour_outside_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file gets plain text."""
    print_pretty(summarize(read(write(tmp_path / "run.jsonl", {"view.a": ("pass",)}))))
    assert "\x1b" not in capsys.readouterr().out


def test_what_is_declared_is_said_below_the_table() -> None:
    """Where it made items unsupported; else a fraction would look like failures."""
    lacking = summarize([run_of({"view.a": ("pass",), "view.b": ("unsupported",)})])
    assert "mylib: declares that it lacks complex." in as_markdown(lacking)
    assert "lacks" not in as_markdown(summarize([run_of({"view.a": ("pass",)})]))
