"""The reporter of `conformance run`: how far it is, and a report without a line for every item."""

from __future__ import annotations

import io
import subprocess
import sys
import types
from pathlib import Path

import pytest

from conformance.progress import LAW_WEIGHT, Reporter

ADAPTER = """
import types
from conformance import Backend
backend = Backend(name="hollow", version="0", namespace=types.ModuleType("hollow"))
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of its own, with an adapter of a library that has nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "hollow.py").write_text(ADAPTER)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call `conformance run` as a user does."""
    program = "from conformance.command import main; main()"
    command = [sys.executable, "-c", program, "run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def report(nodeid: str, status: str) -> types.SimpleNamespace:
    """A report as the plugin makes it."""
    return types.SimpleNamespace(
        conformance={"status": status, "clause": "a.b"}, nodeid=nodeid, failed=status != "pass"
    )


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_a_run_tells_what_is_missing_and_how_it_ended(options: tuple[str, ...]) -> None:
    """No header, no dots, no list of items."""
    told = run("--backend", "hollow.py", "view.transpose.*", *options)
    assert told.returncode == 1
    assert "names that are missing, and how many items stop there\n  torch." in told.stdout
    assert "hollow 0: 0 of " in told.stdout
    assert " missing in " in told.stdout
    assert "test session" not in told.stdout
    assert "short test summary" not in told.stdout
    assert "mmm" not in told.stdout + told.stderr


def test_verbose_is_the_report_of_pytest() -> None:
    """And so are arguments after `--`."""
    assert "test session starts" in run("--backend", "hollow.py", "view.transpose.alias", "-v").stdout
    assert "test session starts" in run("--backend", "hollow.py", "view.transpose.alias", "--", "-rA").stdout


def test_a_failure_is_told_in_full() -> None:
    """With the clause's text and the command to run it again, by the name that was given."""
    (Path.cwd() / "stuck.py").write_text(
        "import reference_impl\nfrom conformance import Backend\n"
        "from types import SimpleNamespace as Space\n"
        "names = vars(reference_impl) | {'broadcast_shapes': lambda *shapes: (7,)}\n"
        "backend = Backend(name='stuck', version='0', namespace=Space(**names))\n"
    )
    told = run("--backend", "stuck.py", "broadcast.*", "-k", "shapes")
    assert told.returncode == 1
    assert "── FAIL  broadcast." in told.stdout
    assert "again   conformance run --backend stuck.py broadcast." in told.stdout
    assert "✗" in told.stdout
    assert "got   " in told.stdout


def test_nothing_fits() -> None:
    """An empty selection is said, and is no success."""
    told = run("--backend", "hollow.py", "view.transpose.*", "-k", "nosuchname")
    assert told.returncode != 0
    assert "nothing was run" in told.stdout


def test_the_line_tells_how_far_it_is() -> None:
    """Percent, counts by verdict, rate and time left; a law's item weighs more than an example's."""
    reporter = Reporter(types.SimpleNamespace(), io.StringIO(), io.StringIO())  # type: ignore[arg-type]
    assert reporter._line().startswith("collecting, 0 s")
    reporter.pytest_xdist_node_collection_finished(
        None, ["spec/a.md::a.b[0]", "spec/a.md::a.b[1]", "test_a.py::test_c"]
    )
    reporter.pytest_runtest_logreport(report("spec/a.md::a.b[0]", "pass"))  # type: ignore[arg-type]
    reporter.pytest_runtest_logreport(report("spec/a.md::a.b[1]", "missing"))  # type: ignore[arg-type]
    line = reporter._line()
    assert line.startswith(f"{200 // (2 + LAW_WEIGHT):>3} %   2 of 3   1 pass, 1 missing   ")
    assert "items/s" in line
    assert line.endswith("left")
