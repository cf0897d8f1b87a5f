"""What the operation tables say of each of PyTorch's operators, and what PyTorch's own operator database does.

An operator is named as in the namespace of torch: `add`, `linalg.inv`. PyTorch itself is handed in by who asks.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from conformance.operation import Operation
from conformance.planning import operations
from conformance.promotion import DTYPES
from conformance.specification import find, load

NAMESPACES = ("linalg.", "fft.", "special.", "signal.windows.", "nn.functional.")
PRIVATE = ("_", "native_")  # what torch itself and its modules call
LEFT_OUT, DIFFERENT = "Operators left out", "Operators whose rows differ"


@dataclass(frozen=True)
class Traits:
    """What is said of an operator: the ways to call it, the dtypes it takes on a CPU, and its derivatives."""

    forms: frozenset[str] = frozenset()
    dtypes: frozenset[str] = frozenset()
    gradients: frozenset[str] = frozenset()

    def __or__(self, other: Traits) -> Traits:
        return Traits(self.forms | other.forms, self.dtypes | other.dtypes, self.gradients | other.gradients)

    def lacking(self, other: Traits) -> tuple[str, ...]:
        """What `other` has and this has not, in one order."""
        forms = sorted(other.forms - self.forms)
        dtypes = [dtype for dtype in DTYPES if dtype in other.dtypes - self.dtypes]
        return (*forms, *dtypes, *sorted(other.gradients - self.gradients))


@dataclass(frozen=True)
class Operator:
    """An operator of the database, its variants together, and the names that are its own."""

    name: str
    names: frozenset[str]
    traits: Traits = field(default_factory=Traits)


def database(torch: Any, entries: Iterable[Any]) -> dict[str, Operator]:
    """The operators of the namespaces that the specification covers, by name."""
    found: dict[str, Operator] = {}
    for entry in entries:
        name = entry.name
        if not is_covered(torch, name):
            continue
        names = {name, *(alias.name for alias in entry.aliases)}
        before = found.get(name, Operator(name, frozenset()))
        found[name] = Operator(name, before.names | names, before.traits | traits_of(torch, entry))
    return found


def is_covered(torch: Any, name: str) -> bool:
    """Whether `name` is a public function of a covered namespace, or a method."""
    if name.startswith(PRIVATE):
        return False
    if "." in name:
        return name.startswith(NAMESPACES)
    if not hasattr(torch.Tensor, name) and name.endswith("_backward"):
        return False
    return hasattr(torch, name) or hasattr(torch.Tensor, name) or hasattr(torch.Tensor, f"{name}_")


def traits_of(torch: Any, entry: Any) -> Traits:
    """What the database says of one variant."""
    function = "." in entry.name or callable(getattr(torch, entry.name, None))
    forms = {
        "function": function,
        "method": entry.method_variant is not None or (not function and hasattr(torch.Tensor, entry.name)),
        "in-place": entry.inplace_variant is not None,
        "out": entry.supports_out,
    }
    differentiable = entry.supports_autograd and torch.float64 in entry.dtypes
    gradients = {"first gradient": differentiable, "second gradient": differentiable and entry.supports_gradgrad}
    return Traits(
        forms=frozenset(name for name, held in forms.items() if held),
        dtypes=frozenset(name for name in DTYPES if getattr(torch, name) in entry.dtypes),
        gradients=frozenset(name for name, held in gradients.items() if held),
    )


@cache
def rows() -> Mapping[str, Traits]:
    """What the rows of every operation table say together, by the name of what they call."""
    found: dict[str, Traits] = defaultdict(Traits)
    whole = load()
    for chapter in whole.chapters:
        for operation in operations(whole, chapter):
            for name, form in called(operation.call):
                found[name] |= traits_of_row(operation, form)
    return found


def traits_of_row(operation: Operation, form: str) -> Traits:
    """What one row says: its forms, its dtypes and those of its inputs, and the gradient laws that hold for it."""
    own = {item.dtype for item in operation.inputs if item.dtype is not None}
    gradients = {"first gradient": operation.differentiable, "second gradient": operation.twice_differentiable}
    return Traits(
        forms=frozenset({form, *operation.forms}),
        dtypes=frozenset({*operation.dtypes, *own}),
        gradients=frozenset(name for name, held in gradients.items() if held),
    )


def called(source: str) -> Iterator[tuple[str, str]]:
    """Name and form of what a row calls: the outermost call, also where one of its results is taken or read."""
    yield from _called(ast.parse(source, mode="eval").body)


def _called(node: ast.expr) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Call):
        yield from _named(node.func)
    elif isinstance(node, ast.Attribute):
        inner = list(_called(node.value))
        yield from inner or [(node.attr, "method")]
    elif isinstance(node, ast.Subscript):
        yield from _called(node.value)
    elif isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            yield from _called(element)


def _named(function: ast.expr) -> Iterator[tuple[str, str]]:
    dotted = ast.unparse(function)
    if dotted.startswith("torch.") and not dotted.startswith("torch.Tensor."):
        yield dotted.removeprefix("torch."), "function"
    elif isinstance(function, ast.Attribute):
        name = function.attr
        yield name, "method"
        if name.endswith("_") and not name.endswith("__"):
            yield from ((name, "in-place"), (name[:-1], "in-place"))


def said(operator: Operator, found: Mapping[str, Traits]) -> Traits | None:
    """What the tables say of an operator and its other names together; None where no row calls it."""
    known = [found[name] for name in sorted(operator.names) if name in found]
    total = Traits()
    for traits in known:
        total |= traits
    return total if known else None


def table(heading: str, document: Path | None = None) -> dict[str, tuple[str, ...]]:
    """Operator → the other cells of its row, of the table below a heading of the rationale."""
    path = document or find() / "rationale.md"
    _, _, below = path.read_text(encoding="utf-8").partition(f"{heading}\n")
    lines = [line for line in below.split("\n## ")[0].splitlines() if line.startswith("|")]
    cells = [_cells(line) for line in lines[2:]]
    return {name: tuple(rest) for row, *rest in cells for name in row.replace("`", "").split(", ")}


def _cells(line: str) -> Sequence[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
