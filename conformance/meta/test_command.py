"""The command line: exit codes, suggestions, and runs that nothing in the working directory can bend."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance import record
from conformance.command import COMMANDS, launch, main, run
from conformance.command.backends import probe
from conformance.command.laws import laws_of
from conformance.meta.runs import write
from conformance.specification import load

CLAUSE = "view.transpose.alias"
NOTHING = """
import types
from conformance.backend import Backend
backend = Backend(name="nothing", version="0", namespace=types.ModuleType("nothing"))
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of its own, without the project's table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def conformance(*arguments: str, **environment: str) -> Result:
    """Call the command in this process."""
    return CliRunner().invoke(main, arguments, env=environment or None)


def in_a_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the command as a user does."""
    program = "from conformance.command import main; main()"
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_teaches_by_example(name: str) -> None:
    """Every command shows how it is called."""
    told = conformance(name, "--help")
    assert told.exit_code == 0
    assert f"conformance {name}" in told.output


def test_version() -> None:
    """Of the tool and of the specification."""
    assert conformance("--version").output.startswith("conformance 0.")
    assert load().version in conformance("--version").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sumary",), "did you mean `summary`?"),
        (("run", "--backend", "referense"), "did you mean `reference`"),
        (("run", "view.transpose.alia"), "did you mean `view.transpose.alias`"),
        (("run", "veiw.*"), "did you mean `view.*`"),
        (("run", "view"), "for the whole chapter write `view.*`"),
        (("run", "--profile", "cor"), "did you mean `core`"),
        (("run", "--backend", "zzz"), "path/adapter.py"),
        (("run", "--prfile", "core"), "--profile"),
        (("run", "-n", "2", "-k", "exp( or sum("), "names joined by and, or, not"),
        (("run", "--profile", "dtype", CLAUSE), "none of the clauses"),
        (("run", "-o", "no/where/run.jsonl"), "there is no directory no/where"),
        (("list", "!veiw.*"), "did you mean `view.*`"),
        (("list", "@requires:nunpy"), "did you mean `numpy`"),
        (("list", "--format", "jsn"), "did you mean `json`"),
        (("explain", "view.transpose.alia"), "did you mean `view.transpose.alias`"),
        (("explain", "view.transpose.*"), "clauses; `conformance list"),
        (("summary", "absent.jsonl"), "absent.jsonl: No such file"),
        (("report", "absent.jsonl"), "absent.jsonl: No such file"),
    ],
)
def test_a_typo_is_an_error_with_a_suggestion(arguments: tuple[str, ...], words: str) -> None:
    """Exit status 2, and what was probably meant."""
    told = conformance(*arguments)
    assert told.exit_code == 2
    assert words in told.output


def test_unknown_variable() -> None:
    """A variable that nobody reads."""
    told = conformance("list", CONFORMANCE_BAKEND="torch")
    assert told.exit_code == 2
    assert "did you mean `CONFORMANCE_BACKEND`" in told.output


def test_unknown_key(tmp_path: Path) -> None:
    """A key that nobody reads; the message names the file."""
    (tmp_path / "pyproject.toml").write_text('[tool.conformance]\nbackened = "torch"\n')
    told = conformance("list")
    assert told.exit_code == 2
    assert "pyproject.toml" in told.output
    assert "did you mean `backend`" in told.output


def test_settings_have_an_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command line, then variable, then the project's table, then the default."""
    seen: list[str] = []

    def noted(order: launch.Order, backend: str, records: Path) -> int:
        seen.append(backend)
        return 0

    monkeypatch.setattr(run, "launch", noted)
    conformance("run")
    (tmp_path / "pyproject.toml").write_text('[tool.conformance]\nbackend = "torch"\n')
    conformance("run")
    conformance("run", CONFORMANCE_BACKEND="torch-sim reference")
    conformance("run", "--backend", "reference", CONFORMANCE_BACKEND="torch-sim")
    assert seen == ["reference", "torch", "torch-sim", "reference", "reference"]


def test_what_follows_the_dashes_is_for_pytest() -> None:
    """And what stands before them is not."""
    order = launch.Order(select=("view.*",), extra=("--pdb", "-v"), exit_first=True, keyword="alias", processes="2")
    arguments = launch.arguments(order, "mylib", Path("run.jsonl"))
    for part in ("--pdb", "-v", "-x", "--select=view.*", "--noconftest"):
        assert part in arguments
    assert arguments[arguments.index("-n") + 1] == "2"
    assert arguments[arguments.index("-k") + 1] == "alias"
    environment = launch.environment({"PYTEST_ADDOPTS": "--nonsense", "HOME": "/"})
    assert environment == {"HOME": "/", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def test_a_backend_that_has_nothing(tmp_path: Path) -> None:
    """All missing and exit status 1, whatever the working directory configures; two runs lie in one file."""
    (tmp_path / "adapter.py").write_text(NOTHING)
    (tmp_path / "second.py").write_text(NOTHING.replace('name="nothing"', 'name="second"'))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\nfilterwarnings = error\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    told = in_a_process("run", CLAUSE, "--backend", "adapter.py", "--backend", "second.py", "-o", "run.jsonl")
    assert told.returncode == 1, told.stderr
    assert "0/1" in told.stdout
    assert "does not conform" in told.stdout
    runs = record.read("run.jsonl")
    assert [one.header.backend.name for one in runs] == ["nothing", "second"]
    assert {result.status for one in runs for result in one.results} == {"missing"}
    assert all(one.complete for one in runs)
    assert not list(tmp_path.glob("*.part"))
    assert not (tmp_path / ".pytest_cache").exists()


def test_a_backend_that_conforms() -> None:
    """Exit status 0, and nothing is left behind."""
    told = in_a_process("run", CLAUSE, "--backend", "reference", "--", "-q")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "all selected clauses hold" in told.stdout
    assert [file.name for file in Path.cwd().iterdir()] == ["cache"]


def test_explain_shows_the_failing_statement(tmp_path: Path) -> None:
    """The example once more, with a mark on each line and what came instead."""
    (tmp_path / "adapter.py").write_text(NOTHING)
    told = conformance("explain", CLAUSE, "--backend", "adapter.py")
    assert told.exit_code == 0
    assert " ✗ x = torch." in told.output
    assert "raised  AttributeError: module 'nothing' has no attribute" in told.output


def test_a_dtype_that_nobody_knows() -> None:
    """Is an error with a suggestion, before anything runs."""
    told = in_a_process("run", CLAUSE, "--dtype", "flaot32")
    assert told.returncode == 4
    assert "did you mean `float32`" in told.stdout + told.stderr


def test_a_process_that_is_killed_is_told(tmp_path: Path) -> None:
    """By its signal, and the record is incomplete."""
    (tmp_path / "deadly.py").write_text(
        "import os, types\nfrom conformance.backend import Backend\n"
        "class Fatal(types.ModuleType):\n"
        "    def __getattr__(self, name): os.kill(os.getpid(), 9)\n"
        "backend = Backend(name='deadly', version='0', namespace=Fatal('deadly'))\n"
    )
    told = in_a_process("run", CLAUSE, "--backend", "deadly.py")
    assert told.returncode == 10
    assert "ended by SIGKILL" in told.stderr


def test_a_run_without_a_record_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest may be content, the command is not."""
    monkeypatch.setattr(run, "launch", lambda order, backend, records: 0)
    assert conformance("run").exit_code == launch.INVALID


def test_a_record_cut_off_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    """No end line: exit status 10."""

    def interrupted(order: launch.Order, backend: str, records: Path) -> int:
        write(records, {CLAUSE: ("pass",)}, whole=False)
        return 0

    monkeypatch.setattr(run, "launch", interrupted)
    assert conformance("run").exit_code == launch.INVALID


def test_summary_and_report(tmp_path: Path) -> None:
    """From a record to numbers and to a page."""
    write(tmp_path / "run.jsonl", {CLAUSE: ("pass",), "dtype.promote.scalar": ("fail",)})
    assert json.loads(conformance("summary", "run.jsonl", "--format", "json").output)["runs"][0]["score"] == 50
    assert "| view | 1/1 |" in conformance("summary", "run.jsonl", "--format", "md").output
    assert conformance("report", "run.jsonl", "-o", "page.html").exit_code == 0
    assert f'id="{CLAUSE}"' in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_list() -> None:
    """Trees, numbers and data agree on how many clauses there are."""
    clauses = load().clauses
    data = json.loads(conformance("list", "--format", "json").output)
    assert [entry["id"] for entry in data] == list(clauses)
    assert json.loads(conformance("list", "--count", "--format", "json").output)["total"] == len(clauses)
    assert f"{len(clauses)} clauses" in conformance("list").output


def test_a_group_stands_in_the_tree_once() -> None:
    """Wherever its clauses stand in the document, and below the clause that has its name."""
    lines = conformance("list", "fft.*").output.splitlines()
    groups = [line.split()[0] for line in lines[1:] if line.startswith("  ") and line[2] != " "]
    assert len(groups) == len(set(groups)) > 20
    below = lines[next(at for at, line in enumerate(lines) if line.startswith("  gradient ")) + 1]
    assert below.startswith("    second ")


def test_explain_breaks_wide_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row becomes a paragraph where the columns do not fit, and nothing of it is lost."""
    (table,) = load().clauses["special.zeta"].tables
    monkeypatch.setenv("COLUMNS", "90")
    told = conformance("explain", "special.zeta").output
    assert max(map(len, told.splitlines())) <= 100
    for row in table.records():
        assert all(cell in told for cell in row.values())
    assert "every row is also held to special.dtype, " in told
    monkeypatch.setenv("COLUMNS", "400")
    assert len(conformance("explain", "special.zeta").output.splitlines()) < len(told.splitlines())


def test_explain(tmp_path: Path) -> None:
    """Text, example, place, and what a record says."""
    clause = load().clauses[CLAUSE]
    write(tmp_path / "run.jsonl", {CLAUSE: ("pass", "fail")})
    told = conformance("explain", CLAUSE, "--record", "run.jsonl").output
    for words in (
        f"{clause.path}:{clause.line}",
        clause.text.split("\n")[0][:60],
        clause.blocks[0].source.split("\n")[0],
    ):
        assert words in told
    assert "1 of 2 items" in told
    assert "want float32" in told


def test_laws_of_a_clause() -> None:
    """Every clause without an example has a law that the command finds."""
    without = [clause for clause in load().clauses.values() if not clause.is_example]
    assert without
    assert [clause.id for clause in without if not laws_of(clause)] == []


def test_a_broken_adapter_does_no_harm(tmp_path: Path) -> None:
    """It is loaded in a process of its own."""
    (tmp_path / "broken.py").write_text("import os\nos._exit(7)\n")
    found = probe("broken.py")
    assert found.problem
    assert probe("absent.py").problem


def test_commands_are_imported_when_called() -> None:
    """`conformance --help` loads neither NumPy nor pytest."""
    program = "import sys, conformance.command; sys.exit('numpy' in sys.modules or 'pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
