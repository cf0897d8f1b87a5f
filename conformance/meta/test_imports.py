"""Who may import whom: the reference knows nothing of tests, and the harness names no library."""

from __future__ import annotations

import ast
import graphlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = {"torch", "reference_impl"}
REFERENCE_MAY = {"numpy", "scipy", "ml_dtypes", "PIL", "safetensors", *sys.stdlib_module_names}
LAYERS = {
    "dtype typeinfo layout hollow device accelerator storage format quiet gradmode deterministic": 0,
    "tensor": 1,
    "promote arguments autocast": 2,
    "autograd": 3,
    "inplace_rules": 4,
    "op": 5,
    # every other module is a chapter of operations: 6
    "nn": 7,
    "optim utils distributions save serialization func vision": 8,
    "": 9,  # the package itself
}
"""The modules (and packages) of the reference, from the lowest layer to the highest."""
CHAPTERS = 6
LAYER_OF = {name: layer for names, layer in LAYERS.items() for name in names.split() or [""]}


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
    """The reference imports NumPy, SciPy, ml_dtypes, Pillow, safetensors, the standard library and itself."""
    allowed = {*REFERENCE_MAY, "reference_impl"}
    found = [f"line {line}: {name}" for line, name in imported(file) if name.split(".")[0] not in allowed]
    assert not found, f"{file.relative_to(ROOT)} imports what it may not: {found}"


def module_name(file: Path) -> str:
    """The dotted name of a module of the reference below its package: "" for the package itself."""
    parts = file.relative_to(ROOT / "reference_impl").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def relative_imports(file: Path, known: set[str]) -> Iterator[tuple[int, str]]:
    """Line and name of every module that `file` imports by a relative import, except for type checkers alone."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    folder = file.parent.relative_to(ROOT / "reference_impl").parts
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = [*folder[: len(folder) - node.level + 1], *(node.module or "").split(".")]
            base = ".".join(filter(None, parts))
            for alias in node.names:
                inner = f"{base}.{alias.name}".lstrip(".")
                yield node.lineno, inner if inner in known else base


def layer_of(name: str) -> int:
    """The layer of a module: that of its package or its own."""
    return LAYER_OF.get(name.split(".")[0], CHAPTERS)


REFERENCE = {module_name(file): file for file in modules("reference_impl")}


@pytest.mark.parametrize("name", REFERENCE)
def test_layers(name: str) -> None:
    """A module of the reference imports those of its own layer and of lower ones."""
    found = [
        f"line {line}: {other or 'the package'} of layer {layer_of(other)}"
        for line, other in relative_imports(REFERENCE[name], set(REFERENCE))
        if layer_of(other) > layer_of(name)
    ]
    assert not found, f"{name or 'the package'} of layer {layer_of(name)} imports upwards: {found}"


def test_no_circles() -> None:
    """No module of the reference imports itself by way of others; the table of layers names what there is."""
    known = set(REFERENCE)
    graph = {n: {o for _, o in relative_imports(file, known)} - {n} for n, file in REFERENCE.items() if n}
    assert list(graphlib.TopologicalSorter(graph).static_order())
    assert LAYER_OF.keys() <= known


def test_every_chapter_has_its_place() -> None:
    """A chapter is the module of its name, or a row in the guide of the reference, which names what there is."""
    guide = (ROOT / "reference_impl" / "README.md").read_text(encoding="utf-8")
    table = guide.partition("## Where a chapter is")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (.+) \|$", table, re.M)[1:]
    places = {chapter: re.findall(r"`([\w/]+)`", where) for chapter, where in rows}
    chapters = {file.stem for file in (ROOT / "spec").glob("*.md")} - {"README", "rationale"}
    assert chapters - set(REFERENCE) == set(places)
    named = {place.strip("/").replace("/", ".") for listed in places.values() for place in listed}
    assert named <= set(REFERENCE), f"the guide names what there is not: {sorted(named - set(REFERENCE))}"


def test_the_walk_sees_imports(tmp_path: Path) -> None:
    """The walk finds imports in every form that Python has for them."""
    file = tmp_path / "x.py"
    file.write_text("import torch.nn as n\nfrom torch import add\ndef f():\n    import numpy\n")
    assert [name for _, name in imported(file)] == ["torch.nn", "torch", "numpy"]
