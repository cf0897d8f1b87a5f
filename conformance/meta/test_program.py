"""The programs of `examples/`: they run from the command line, and PyTorch's curves are those of the reference."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from conformance import program as subject
from conformance.backend import load

SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
BESIDE = {"digits", "start"}
"""What the programs share; no programs of their own."""

SHORT = {
    "gradients": (),
    "linear_regression": ("--epochs", "3"),
    "logistic_regression": ("--steps", "3"),
    "two_layers": ("--steps", "3"),
    "mlp": ("--epochs", "1"),
    "cnn": ("--epochs", "1"),
    "lenet": ("--batch", "2"),
    "unet_block": ("--side", "20", "--steps", "2"),
    "resnet": ("--steps", "2", "--side", "16"),
    "gan": ("--steps", "3"),
    "shared_weights": ("--steps", "4"),
    "pipeline": ("--epochs", "2"),
    "data_parallel": ("--steps", "3"),
    "two_devices": ("--steps", "3"),
}
"""Program → options with which it takes a second or two."""

Curve = Callable[[ModuleType], Any]
CURVES: dict[str, tuple[Curve, float]] = {
    "linear_regression": (lambda program: program.with_layer()[2], 1e-6),
    "logistic_regression": (lambda program: program.multinomial()[1], 1e-6),
    "two_layers": (lambda program: program.with_optim(), 1e-5),
    "mlp": (lambda program: program.train()[1], 5e-3),
    "cnn": (lambda program: program.train()[1], 5e-3),
    "unet_block": (lambda program: program.train(20)[1], 1e-3),
    "resnet": (lambda program: resnet_curve(program), 1e-2),
    "shared_weights": (lambda program: program.train(50)[1], 1e-4),
    "data_parallel": (lambda program: program.train(20)[1], 1e-5),
    "two_devices": (lambda program: program.train(20)[1], 1e-5),
}
"""Program → its losses, and how far two libraries may be apart, as a share of the first loss."""


def resnet_curve(program: ModuleType) -> Any:
    """Losses on one batch."""
    net = program.start(program.ResNet(width=4), seed=1)
    return program.train(net, *program.pictures(8, 16), 6)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, seen from the root of the tree."""
    root = Path(subject.__file__).resolve().parents[1]
    environment = {**os.environ, **SINGLE, "PYTHONPATH": str(root)}
    command = [sys.executable, str(subject.find() / f"{words[0]}.py"), *words[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


def test_every_program_is_tried() -> None:
    """The tables above name the files that there are, and the guide names each."""
    files = {file.stem for file in subject.find().glob("*.py")}
    assert files == set(SHORT) | BESIDE
    guide = (subject.find() / "README.md").read_text(encoding="utf-8")
    assert [name for name in files if f"`{name}`" not in guide] == []


@pytest.mark.parametrize("backend", ["reference", "torch"])
@pytest.mark.parametrize("name", SHORT)
def test_runs_from_the_command_line(name: str, backend: str) -> None:
    """It prints results, and nothing goes wrong on the way."""
    pytest.importorskip(backend.replace("reference", "reference_impl"))
    done = run(name, "--backend", backend, *SHORT[name])
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) >= 2


@pytest.mark.parametrize("name", SHORT)
def test_help_teaches(name: str) -> None:
    """The text of the program, and the options with their defaults."""
    done = run(name, "--help")
    assert done.returncode == 0
    words = " ".join(done.stdout.split())
    assert " ".join((subject.load(name, load("reference")).__doc__ or "").split()) in words
    assert "--backend B" in words
    assert "one of cpu, sim:0, sim:1" in words


def test_unknown_backend() -> None:
    """A sentence that says what to do, and no traceback."""
    done = run("gradients", "--backend", "refrence")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'reference'" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_device() -> None:
    """Likewise."""
    done = run("gradients", "--device", "sum")
    assert (done.returncode, done.stdout) == (2, "")
    assert "reference has no device 'sum'; did you mean sim?" in done.stderr


def test_unknown_program() -> None:
    """A name without a file."""
    with pytest.raises(FileNotFoundError, match=r"no program .*lenett"):
        subject.load("lenett", load("reference"))


def test_programs_are_imported_anew() -> None:
    """Each backend gets classes of its own, and nothing is left behind."""
    before = list(sys.path)
    first, second = (subject.load("mlp", load("reference")) for _ in range(2))
    assert first.MLP is not second.MLP
    assert first.torch is load("reference").namespace
    assert sys.path == before


@pytest.mark.parametrize("name", CURVES)
def test_curves_of_both_libraries(name: str, record_property: Callable[[str, object], None]) -> None:
    """From the same weights: the largest difference of two losses, as a share of the first loss."""
    pytest.importorskip("torch")
    curve, limit = CURVES[name]
    want, got = (np.asarray(curve(subject.load(name, load(library)))) for library in ("torch", "reference"))
    apart = float(np.abs(got - want).max() / want[0])
    record_property("distance", apart)
    print(f"{name}: {apart:.1e} over {len(want)} steps")
    assert got.shape == want.shape
    assert apart < limit
