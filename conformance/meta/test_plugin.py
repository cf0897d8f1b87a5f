"""Runs of pytest with the plugin: exit codes, selection, several processes, and what the record says of each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance import record, specification
from conformance.backend import load

ADAPTER = "import conformance.meta.toy\n\n\ndef backend():\n    return conformance.meta.toy.backend()\n"
SPECIFICATION = specification.load()
DOCUMENT = str(SPECIFICATION.directory / "view.md")
MANY = ("--select", "view.size.*", "--select", "view.transpose.*", "--profile", "view")


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """An adapter of the toy library, which has next to nothing of the chapter view."""
    file = tmp_path / "adapter.py"
    file.write_text(ADAPTER)
    return file


def run(folder: Path, *options: str, backend: str = "adapter.py") -> tuple[int, str]:
    """Exit code and output of a run in `folder`, with its record in run.jsonl."""
    command = [sys.executable, "-m", "pytest", DOCUMENT, "-p", "no:cacheprovider", "-c", str(folder / "pytest.ini")]
    (folder / "pytest.ini").write_text("[pytest]\n")
    given = ("--rootdir", str(folder), "--backend", backend, "--records", "run.jsonl", *options)
    done = subprocess.run([*command, *given], cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def recorded(folder: Path) -> record.Run:
    """The one run of the record."""
    (found,) = record.read(folder / "run.jsonl")
    return found


def test_a_run_with_failures(tmp_path: Path, adapter: Path) -> None:
    """Exit code 1, a complete record, one result for each planned item."""
    code, told = run(tmp_path, *MANY)
    found = recorded(tmp_path)
    assert code == 1, told
    assert found.complete
    assert len(found.results) == found.header.plan.items > 3
    assert {result.status for result in found.results} <= {"missing", "fail"}
    assert found.header.backend.name == "toy"
    assert adapter.exists()


def test_several_processes_say_the_same(tmp_path: Path, adapter: Path) -> None:
    """The record of two workers holds what the record of one process holds."""
    one, several = tmp_path / "one", tmp_path / "several"
    for folder, options in ((one, ()), (several, ("-n", "2"))):
        folder.mkdir()
        (folder / "adapter.py").write_text(adapter.read_text())
        assert run(folder, *MANY, *options)[0] == 1
    first, second = recorded(one), recorded(several)
    assert first.header.plan == second.header.plan
    assert sorted((result.item, result.status) for result in first.results) == sorted(
        (result.item, result.status) for result in second.results
    )
    assert second.complete


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_stopped_at_the_first_failure(tmp_path: Path, adapter: Path, options: tuple[str, ...]) -> None:
    """`-x` leaves a record that says it is incomplete."""
    code, told = run(tmp_path, *MANY, "-x", *options)
    assert code in (1, 2), told
    assert not recorded(tmp_path).complete


def test_a_record_cut_off(tmp_path: Path, adapter: Path) -> None:
    """Whatever line it ends in."""
    run(tmp_path, *MANY)
    whole = (tmp_path / "run.jsonl").read_bytes()
    for kept in (whole.rstrip()[:-5], whole[: whole.rindex(b'{"kind":"end"')]):
        (tmp_path / "run.jsonl").write_bytes(kept)
        assert not recorded(tmp_path).complete


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--select", "view.tranpose.alias"), "did you mean `view.transpose.alias`"),
        (("--select", "veiw.*"), "did you mean `view.*`"),
        (("--profile", "cor"), "did you mean `core`"),
        (("--device", "cup"), "did you mean `cpu`"),
    ],
)
def test_a_typo_ends_the_run(tmp_path: Path, adapter: Path, options: tuple[str, ...], words: str) -> None:
    """Exit code 4, and what was probably meant."""
    code, told = run(tmp_path, *options)
    assert (code, words in told) == (4, True), told
    assert not (tmp_path / "run.jsonl").exists()


def test_a_typo_in_what_is_lacking_ends_the_run(tmp_path: Path, adapter: Path) -> None:
    """It would excuse nothing, and nobody would notice."""
    adapter.write_text(ADAPTER.replace("toy.backend()", 'toy.backend(lacks={"ftt": "not yet"})'))
    code, told = run(tmp_path)
    assert (code, "did you mean `fft`" in told) == (4, True), told


def test_an_unknown_backend_ends_the_run(tmp_path: Path) -> None:
    """Exit code 4."""
    assert run(tmp_path, backend="absent.py")[0] == 4


def test_keywords_choose_clauses(tmp_path: Path, adapter: Path) -> None:
    """`-k` finds a clause by its id, and the record says that the run was narrowed."""
    run(tmp_path, "-k", "view.transpose.alias")
    found = recorded(tmp_path)
    assert {result.clause for result in found.results} == {"view.transpose.alias"}
    assert found.header.plan.is_narrowed


def test_two_laws_with_the_same_items_end_the_run(tmp_path: Path, adapter: Path) -> None:
    """Exit code 4: a record could not tell their items apart."""
    law = '@pytest.mark.clause("view.move.arguments")\ndef test_{}(trial):\n    pass\n\n\n'
    (tmp_path / "test_twins.py").write_text("import pytest\n\n\n" + law.format("one") + law.format("other"))
    code, text = run(tmp_path, "test_twins.py")
    assert code == 4
    assert "test_other[cpu] is the same item of `view.move.arguments`" in text


def test_nothing_to_run_is_not_green(tmp_path: Path, adapter: Path) -> None:
    """Exit code 5."""
    assert run(tmp_path, "-k", "no.such.clause")[0] == 5


def test_the_adapter_is_what_it_seems(adapter: Path) -> None:
    """The toy loads as any adapter does."""
    assert load(str(adapter)).name == "toy"
