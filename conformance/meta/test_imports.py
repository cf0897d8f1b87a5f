"""Who may import whom: the reference knows nothing of tests, and the harness names no library."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = {"torch", "reference_impl"}
REFERENCE_MAY = {"numpy", "scipy", "ml_dtypes", *sys.stdlib_module_names}
LAYERS = ("dtype", "storage", "layout", "device", "tensor", "autograd", "op")


def modules(package: str) -> list[Path]:
    """The Python files of a package, if it stands in this tree."""
    return sorted((ROOT / package).rglob("*.py"))


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every absolute import in `file`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module


@pytest.mark.parametrize("file", modules("conformance"), ids=lambda file: str(file.relative_to(ROOT)))
def test_harness_names_no_library(file: Path) -> None:
    """Only the adapters in conformance/backends import a library."""
    if file.is_relative_to(ROOT / "conformance" / "backends"):
        named = {name.split(".")[0] for _, name in imported(file)} & LIBRARIES
        assert len(named) <= 1, f"{file.name} is the adapter of one library, not of {sorted(named)}"
        return
    found = [f"line {line}: {name}" for line, name in imported(file) if name.split(".")[0] in LIBRARIES]
    assert not found, f"{file.relative_to(ROOT)} imports a library: {found}"


@pytest.mark.parametrize("file", modules("reference_impl"), ids=lambda file: str(file.relative_to(ROOT)))
def test_reference_stands_alone(file: Path) -> None:
    """The reference imports NumPy, SciPy, ml_dtypes, the standard library and itself."""
    allowed = {*REFERENCE_MAY, "reference_impl"}
    found = [f"line {line}: {name}" for line, name in imported(file) if name.split(".")[0] not in allowed]
    assert not found, f"{file.relative_to(ROOT)} imports what it may not: {found}"


def test_the_walk_sees_imports(tmp_path: Path) -> None:
    """The walk finds imports in every form that Python has for them."""
    file = tmp_path / "x.py"
    file.write_text("import torch.nn as n\nfrom torch import add\ndef f():\n    import numpy\n")
    assert [name for _, name in imported(file)] == ["torch.nn", "torch", "numpy"]
