"""The suite is held to backends that each misbehave in one way: exactly the clauses that speak of it fail."""

from __future__ import annotations

import fnmatch
import functools
import importlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import record
from conformance.meta import broken
from conformance.score import standings

FOLDER = Path(broken.__file__).parent
NAMES = sorted(file.stem for file in FOLDER.glob("*.py") if "\nEXPECTED" in file.read_text(encoding="utf-8"))
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


LIMIT = 300  # seconds that a sweep may take
Sweep = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    """What a sweep finds, clause → status, each in a process of its own (see `python -m conformance.meta.broken`)."""
    folder = tmp_path_factory.mktemp("sweeps")
    errors = folder / "errors"
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": ENVIRONMENT}
    with (
        errors.open("w") as log,
        subprocess.Popen([sys.executable, "-m", broken.__name__], stderr=log, **pipes) as server,
    ):

        @functools.cache
        def sweep(name: str, profile: str = "quick") -> dict[str, str]:
            file = folder / f"{name}.{profile}.json"
            print(name, profile, file, file=server.stdin, flush=True)
            assert server.stdout is not None
            assert select.select([server.stdout], [], [], LIMIT)[0], f"no answer in {LIMIT} s"
            assert server.stdout.readline() == "0\n", errors.read_text(encoding="utf-8")
            found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
            return found

        yield sweep


def run(adapter: str, records: Path, *options: str) -> int:
    """A run of pytest itself; its exit code."""
    folders = [str(FOLDER.parents[2] / "spec"), str(FOLDER.parents[1])]
    command = [sys.executable, "-m", "pytest", *folders, "-q", "-p", "no:cacheprovider", "--ignore", str(FOLDER.parent)]
    options = ("--backend", f"{broken.__name__}.{adapter}", "--records", str(records), *options)
    return subprocess.run([*command, *options], capture_output=True, timeout=300, env=ENVIRONMENT).returncode


def test_there_are_enough() -> None:
    """Each file of this kind says what is expected of it."""
    assert len(NAMES) >= 20


def test_what_the_others_are_made_from_is_sound(swept: Sweep) -> None:
    """What fails on a broken backend fails for its one misbehaviour."""
    assert set(swept("sound").values()) <= {"pass", "unsupported"}


@pytest.mark.parametrize("name", NAMES)
def test_exactly_what_speaks_of_it_fails(swept: Sweep, name: str) -> None:
    """Every clause that is listed has the status it is listed under, and no other clause fails."""
    expected: dict[str, tuple[str, ...]] = importlib.import_module(f"{broken.__name__}.{name}").EXPECTED
    found = {clause: status for clause, status in swept(name).items() if status != "unsupported"}
    failing = {clause: status for clause, status in found.items() if status != "pass"}
    claimed = {clause: status for clause, status in failing.items() if any_of(clause, expected.get(status, ()))}
    assert failing == claimed, "these clauses fail too"
    unmet = [glob for status, globs in expected.items() for glob in globs if not hit(glob, status, failing)]
    assert [glob for glob in unmet if glob in found or "*" in glob] == [], "these clauses hold all the same"


def any_of(clause: str, globs: tuple[str, ...]) -> bool:
    """Whether a clause is listed."""
    return any(fnmatch.fnmatchcase(clause, glob) for glob in globs)


def hit(glob: str, status: str, failing: dict[str, str]) -> bool:
    """Whether a listed id or glob has a clause of its status."""
    return any(status == found and fnmatch.fnmatchcase(clause, glob) for clause, found in failing.items())


@pytest.mark.parametrize(("name", "status"), [("nothing", "missing"), ("refuses", "fail")])
def test_whoever_has_nothing_passes_nothing(swept: Sweep, name: str, status: str) -> None:
    """In every row and on every device."""
    assert set(swept(name, "full").values()) == {status}


def test_a_backend_that_has_nothing_is_not_green(tmp_path: Path) -> None:
    """All missing, and the run fails."""
    assert run("nothing", tmp_path / "run.jsonl", "--select", "numpy.*") == 1
    (found,) = record.read(tmp_path / "run.jsonl")
    assert found.complete
    assert set(standings(found).values()) == {"missing"}


def test_a_sweep_says_what_a_run_says(swept: Sweep, tmp_path: Path) -> None:
    """The sweep without pytest, and pytest."""
    assert run("from_numpy_copies", tmp_path / "run.jsonl", "--select", "numpy.*", "--profile", "quick") == 1
    (found,) = record.read(tmp_path / "run.jsonl")
    sweep = {clause: status for clause, status in swept("from_numpy_copies").items() if clause.startswith("numpy.")}
    assert standings(found) == sweep
