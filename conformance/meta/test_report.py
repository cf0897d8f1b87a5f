"""The page is one file, says the summary's numbers, and treats what a backend said as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from conformance.meta.runs import header, results, write
from conformance.record import Claims, End, Failure, Finding, Result, Run, read
from conformance.report import render
from conformance.report.page import page
from conformance.specification import Specification, load
from conformance.status import Status
from conformance.summary import summarize

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


class Outline(HTMLParser):
    """Elements with their attributes, and all text outside of style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.elements.append((tag, dict(attrs)))
        self._inside = tag if tag in ("style", "script") else None

    def handle_endtag(self, tag: str) -> None:
        """Style and script hold no elements."""
        self._inside = None

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        if self._inside is None:
            self.text += data

    def with_attribute(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of every element that has `name`."""
        return [attributes for _, attributes in self.elements if name in attributes]


@pytest.fixture
def specification() -> Specification:
    """The one that is shipped."""
    return load()


@pytest.fixture
def runs(tmp_path: Path, specification: Specification) -> list[Run]:
    """Three backends: all well, one failure of each kind, and one cut off."""
    clauses = list(specification.clauses)[:6]
    kinds: list[tuple[Status, ...]] = [("pass",), ("pass", "fail"), ("missing",), ("error",), ("crash",), ("skip",)]
    write(tmp_path / "run.jsonl", dict.fromkeys(clauses, ("pass",)), "good")
    write(tmp_path / "run.jsonl", dict(zip(clauses, kinds, strict=True)), "mixed")
    return read(write(tmp_path / "run.jsonl", dict.fromkeys(clauses[:2], ("pass",)), "short", whole=False))


def test_totals_equal_the_summary(runs: list[Run], specification: Specification) -> None:
    """On the cards and in the table of chapters."""
    outline = Outline(render(runs, specification))
    cards = {card["data-run"]: card for card in outline.with_attribute("data-run")}
    for run in summarize(runs).runs:
        card = cards[run.label]
        assert card["data-conforming"] == str(run.clauses.conforming)
        assert card["data-clauses"] == str(run.clauses.clauses)
        assert card["data-score"] == ("" if run.score is None else str(run.score))
        for tally in [run.clauses, *run.chapters.values()]:
            assert f"{tally.conforming} / {tally.clauses}" in outline.text


def test_verdict_in_words(runs: list[Run], specification: Specification) -> None:
    """And what is missing."""
    text = Outline(render(runs, specification)).text
    for words in ("conforms (full)", "does not conform", "incomplete", "no score", "no end line", "not yet"):
        assert words in text


def test_a_failure_tells_everything(runs: list[Run], specification: Specification) -> None:
    """Call, inputs, want and got of every check, and how to run it again."""
    text = Outline(render(runs, specification)).text
    clause = list(specification.clauses)[1]
    for words in ("torch.add(x, 0.5)", "x: int32 (3,) = [1, 2, 3]", "float32", "float64", "32 cases"):
        assert words in text
    assert f"conformance run {clause} --backend mixed" in text


def test_every_clause_has_an_address_and_its_text(runs: list[Run], specification: Specification) -> None:
    """`#view.transpose.alias`."""
    outline = Outline(render(runs, specification))
    identifiers = [attributes["id"] for attributes in outline.with_attribute("id")]
    assert len(identifiers) == len(set(identifiers))
    for clause in list(specification.clauses.values())[:6]:
        assert clause.id in identifiers
        assert clause.text.replace("`", "") in outline.text


def test_what_a_backend_said_is_text(specification: Specification) -> None:
    """No string of a record becomes markup or a template."""
    clause = next(iter(specification.clauses))
    checks = (Finding(HOSTILE, HOSTILE, HOSTILE),)
    failures = (Failure(HOSTILE, HOSTILE, HOSTILE, "fail", 1, checks), Failure(HOSTILE, exception=HOSTILE))
    items = [Result(clause, f"{clause}[{HOSTILE}]", "fail", HOSTILE, {"fail": 1}, failures)]
    head = header(HOSTILE, 1, (clause, HOSTILE))
    head = msgspec.structs.replace(head, backend=Claims(HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, {HOSTILE: HOSTILE}))
    html = render([Run(head, items, End({"fail": 1}, 1, exit=1), [HOSTILE])], specification)
    outline = Outline(html)
    assert html.count("<script") == 1
    assert [tag for tag, _ in outline.elements if tag == "img"] == []
    assert outline.text.count(HOSTILE) > 10
    assert "{{ 7*7 }}" in outline.text
    assert not [name for _, found in outline.elements for name in found if name.startswith("on")]


def test_an_exception_after_checks_that_held_is_shown(specification: Specification) -> None:
    """With the place where it was raised; and the gravest items come first."""
    clause = next(iter(specification.clauses))
    held = (Finding("spec/x.md:3: x.shape", "(2,)", "(2,)", ok=True),)
    told = Failure(
        "example", "x.flat()", status="missing", checks=held, exception="AttributeError: flat", origin="a/b.py:1"
    )
    items = [
        Result(clause, f"{clause}[0]", "missing", "cpu", {"missing": 1}, (told,)),
        Result(clause, f"{clause}[1]", "fail", "cpu", {"fail": 1}, (Failure("example"),)),
    ]
    run = Run(header("mylib", 2, (clause,)), items, End({"missing": 1, "fail": 1}, 2, exit=1), [])
    text = Outline(render([run], specification)).text
    assert "AttributeError: flat" in text
    assert "raised in a/b.py:1" in text
    assert text.index(f"{clause}[1]") < text.index(f"{clause}[0]")


def test_what_is_missing_is_counted_by_name(specification: Specification) -> None:
    """Beside what was answered wrongly, which comes first; and a lack tells how many clauses it excuses."""
    missing = Failure(
        "example", status="missing", exception="AttributeError: module 'mylib.fft' has no attribute 'fft'"
    )
    clauses = ("fft.shift", "fft.norm", "complex.order.refused")
    items = [
        Result("fft.shift", "fft.shift[0]", "missing", "cpu", {"missing": 1}, (missing,)),
        Result("fft.norm", "fft.norm[0]", "missing", "cpu", {"missing": 1}, (missing,)),
        Result("fft.norm", "fft.norm[1]", "fail", "cpu", {"fail": 1}, (Failure("example"),)),
        Result("complex.order.refused", "complex.order.refused[0]", "unsupported", "cpu", {"unsupported": 1}),
    ]
    run = Run(header("mylib", 4, clauses), items, End({"missing": 2, "fail": 1, "unsupported": 1}, 4, exit=1), [])
    shown = page([run], specification)
    assert shown.absent == (("torch.fft.fft", "mylib", 2),)
    assert [(clause.id, one.wrong, one.planned) for clause, one in shown.first] == [("fft.norm", 1, 2)]
    assert shown.columns[0].lacks == (("complex", "not yet", 1),)
    assert "not yet 1 clause" in Outline(render([run], specification)).text


def test_one_file_without_a_network(runs: list[Run], specification: Specification) -> None:
    """Nothing is fetched, and the policy would forbid it."""
    html = render(runs, specification)
    outline = Outline(html)
    assert not outline.with_attribute("src")
    assert all(str(found["href"]).startswith("#") for found in outline.with_attribute("href"))
    assert "url(" not in html
    assert "@import" not in html
    policy = next(found["content"] for found in outline.with_attribute("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "script-src 'sha256-" in policy


def test_tables_and_headings(runs: list[Run], specification: Specification) -> None:
    """Every header cell says what it heads, and no level of heading is skipped."""
    outline = Outline(render(runs, specification))
    assert all(found.get("scope") in ("row", "col") for tag, found in outline.elements if tag == "th")
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_clause_that_the_specification_does_not_know(specification: Specification) -> None:
    """A record of another version is shown all the same."""
    found = results({"gone.away": ("fail",)})
    html = render([Run(header("old", 1, ("gone.away",)), found, End({"fail": 1}, 1, exit=1))], specification)
    assert "not in this version of the specification" in html


def test_colours_are_readable() -> None:
    """Text stands out 4.5 to 1 on everything that it is drawn on, light and dark (WCAG AA)."""
    style = (files("conformance.report") / "templates" / "page.css").read_text(encoding="utf-8")
    light, dark = style.split("prefers-color-scheme: dark")[:2]
    statuses = ("pass", "fail", "missing", "unsupported", "error", "skip")
    for scheme in (light, dark):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
        grounds = ("ground", "surface", "sunken")
        pairs = [(ink, ground) for ink in ("ink", "muted", "accent", *statuses) for ground in grounds]
        pairs += [(status, f"{status}-tint") for status in statuses]
        for ink, ground in pairs:
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' relative luminances, as WCAG defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
