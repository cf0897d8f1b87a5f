"""Operation tables: one row is one way to call an operation, and the definition its results are held against.

A row names its call, its inputs, the dtypes it admits and a NumPy formula in double precision. Everything
that a law needs to know of the row is parsed here, once, without evaluating anything of a backend.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import CodeType

from conformance.promotion import WORDS, check_rule, promote, result_dtype

REQUIRED = ("call", "inputs", "dtypes", "equals")
COLUMNS = (*REQUIRED, "through", "result", "grad", "forms", "within", "special", "promotes", "kind", "notes")
FORMS = ("method", "in-place", "out")
MATRICES = ("regular", "hermitian", "positive", "lower", "upper")
RESERVED = ("torch", "np", "math", "special", "linalg", "dtype", "result", "out")

# What an operation does with its elements decides how its errors are measured and which special values it meets.
KINDS = {
    "elementwise": "a result element comes from the operands' elements at its place",
    "moving": "elements change their place and keep their value",
    "reducing": "elements along a dimension come together",
    "mixing": "a result element comes from many elements, by sums of products",
}
KIND_OF_CHAPTER = {
    "pointwise": "elementwise",
    "compare": "elementwise",
    "special": "elementwise",
    "complex": "elementwise",
    "create": "moving",
    "view": "moving",
    "index": "moving",
    "reduce": "reducing",
}

# These give a number for NaN: they choose, replace, or look at the sign alone.
CHOOSING = ("where", "Tensor.where", "fmax", "fmin", "nan_to_num", "heaviside", "sign", "sgn", "copysign", "signbit")

_INPUT = re.compile(
    r"(?P<name>[a-z_]\w*)\((?P<sizes>[\d\s,+=]*)\)"
    r"(?:\s*:\s*(?P<dtype>[a-z]+\d*))?"
    r"(?:\s+in\s+\(\s*(?P<low>-?[\d.]+)\s*,\s*(?P<high>-?[\d.]+)\s*\))?"
    r"(?P<words>(?:\s+(?:distinct|nonzero|regular|hermitian|positive|lower|upper)\b)*)\s*"
)
_GRAD = ("", "no", "first", "real", "first real")


class OperationError(ValueError):
    """A row of an operation table that cannot be read; the message says what was expected."""


@dataclass(frozen=True)
class Size:
    """One size of an input. Equal numbers in a row are tied; `least` may only grow, `fixed` stays, and so does 1."""

    value: int
    least: bool = False
    fixed: bool = False

    def under(self, change: Mapping[int, int]) -> int:
        """The size after `change` (number written → number wanted)."""
        wanted = change.get(self.value, self.value)
        return self.value if self.fixed or (self.least and wanted < self.value) else wanted


@dataclass(frozen=True)
class Input:
    """One tensor of a row: its name, sizes, own dtype (None: the dtype of the case) and values."""

    name: str
    sizes: tuple[Size, ...]
    dtype: str | None = None
    low: float | None = None
    high: float | None = None
    distinct: bool = False
    nonzero: bool = False
    matrix: str = ""

    def shape(self, change: Mapping[int, int] | None = None) -> tuple[int, ...]:
        """The shape as written, or after a change of sizes."""
        return tuple(size.under(change or {}) for size in self.sizes)


@dataclass(frozen=True)
class Operation:
    """One row of an operation table, ready for the laws."""

    clause: str
    line: int
    call: str
    inputs: tuple[Input, ...]
    dtypes: tuple[str, ...]
    equals: str
    through: str = ""
    result: tuple[str, ...] = ("same",)
    grad: str = ""
    forms: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    within: str = ""
    special: str = ""
    promotes: bool = True
    kind: str = "mixing"
    notes: str = ""
    cells: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def chapter(self) -> str:
        """The first word of the clause id."""
        return self.clause.partition(".")[0]

    @cached_property
    def name(self) -> str:
        """The dotted name below torch: `add`, `linalg.vector_norm`, `Tensor.pow` for a method, or the operator."""
        node = ast.parse(self.call, mode="eval").body
        if not isinstance(node, ast.Call):
            return self.call
        dotted = ast.unparse(node.func)
        head, _, rest = dotted.partition(".")
        return rest if head == "torch" else f"Tensor.{rest}"

    @property
    def gives_tensors(self) -> bool:
        """Whether the call gives tensors, and not a Python value."""
        return self.result != ("value",)

    @property
    def differentiable(self) -> bool:
        """Whether the gradient laws speak of this row."""
        return self._has_gradient("float64")

    @property
    def twice_differentiable(self) -> bool:
        """Whether the second-gradient law speaks of this row."""
        return self.differentiable and "first" not in self.grad

    @property
    def complex_differentiable(self) -> bool:
        """Whether the law of complex gradients speaks of this row."""
        return self._has_gradient("complex128") and "real" not in self.grad

    def _has_gradient(self, dtype: str) -> bool:
        leaves = any(self.dtype_of(item, dtype) in ("float64", dtype) for item in self.inputs)
        return self.grad != "no" and dtype in self.dtypes and leaves and self.gives_tensors

    @property
    def has_forms(self) -> bool:
        """Whether the forms law speaks of this row: it has others than the function."""
        return bool(self.forms or self.operators)

    @property
    def may_be_empty(self) -> bool:
        """Whether the law of empty inputs speaks of this row."""
        return bool(self.shrinkable)

    @property
    def may_be_strided(self) -> bool:
        """Whether the law of memory layouts speaks of this row: an operand has a dimension."""
        return any(item.sizes for item in self.inputs)

    @property
    def open(self) -> bool:
        """Whether the values are left open."""
        return self.within == "open"

    @property
    def exact(self) -> bool:
        """Whether the row is held to every bit of the rounded definition."""
        return self.within == "exact"

    @property
    def allowance(self) -> tuple[bool, float]:
        """Whether errors are measured at the largest result of the case, and the factor of the dtype's tolerance."""
        words = self.within.split()
        factor = 0.0 if self.exact else next((float(word) for word in words if word.isdigit()), 1.0)
        return self.accumulates or "scale" in words, factor

    @property
    def propagates_nan(self) -> bool:
        """Whether the law of NaN speaks of this row: elementwise, and neither choosing among numbers nor replacing."""
        asked = self.kind == "elementwise" and "float32" in self.dtypes and bool(self.varied)
        return asked and self.name not in CHOOSING and not self.special.startswith("no") and "bool" not in self.result

    @property
    def accumulates(self) -> bool:
        """Whether a result element is a sum, whose error grows with the number of its terms."""
        return self.kind in ("reducing", "mixing")

    @property
    def varied(self) -> tuple[Input, ...]:
        """The inputs that take the dtype of the case."""
        return tuple(item for item in self.inputs if item.dtype is None)

    @property
    def symbols(self) -> tuple[int, ...]:
        """The sizes written in the row that a law may change, in order of appearance."""
        seen = dict.fromkeys(size.value for item in self.inputs for size in item.sizes if not size.fixed)
        return tuple(seen)

    @property
    def shrinkable(self) -> tuple[int, ...]:
        """The sizes that a law may make 1 or 0."""
        held = {size.value for item in self.inputs for size in item.sizes if size.least or size.fixed}
        return tuple(symbol for symbol in self.symbols if symbol not in held)

    @property
    def may_be_zero_dim(self) -> bool:
        """Whether every input may be 0-dim: the row is elementwise and holds no size back."""
        return self.kind == "elementwise" and bool(self.varied) and self.shrinkable == self.symbols

    def dtype_of(self, item: Input, dtype: str) -> str:
        """The dtype of one input in a case of `dtype`."""
        return item.dtype or dtype

    def results(self, *dtypes: str, count: int = 1) -> tuple[str, ...]:
        """The dtypes of `count` results, given the dtypes of the varied inputs; one rule serves all results."""
        rules = self.result * count if len(self.result) == 1 else self.result
        return tuple(result_dtype(rule, promote(*dtypes)) for rule in rules)

    def precision(self, dtypes: Sequence[str]) -> tuple[str, ...]:
        """The dtypes in whose precision results of these dtypes are compared: one for all where they are combined."""
        return (promote(*dtypes),) * len(dtypes) if self.through else tuple(dtypes)

    def code(self) -> CodeType:
        """The call, compiled."""
        return _compile(self.call)

    def formula(self) -> CodeType:
        """The definition, compiled."""
        return _compile(self.equals)

    def gate(self) -> CodeType:
        """The column `through`, compiled."""
        return _compile(self.through)

    def __str__(self) -> str:
        return self.call


@cache
def _compile(source: str) -> CodeType:
    return compile(source, f"<{source}>", "eval")


def read_dtypes(cell: str) -> tuple[str, ...]:
    """The dtypes that the words of a cell name, in a fixed order; `-uint8` takes one away."""
    chosen: dict[str, None] = {}
    for word in cell.replace(",", " ").split():
        names = WORDS.get(word.removeprefix("-"))
        if names is None:
            raise OperationError(f"unknown dtype word {word!r}, expected one of {', '.join(WORDS)}")
        for name in names:
            if word.startswith("-"):
                chosen.pop(name, None)
            else:
                chosen[name] = None
    if not chosen:
        raise OperationError("a row needs at least one dtype")
    return tuple(chosen)


def read_inputs(cell: str) -> tuple[Input, ...]:
    """The inputs of a row, none for a factory; the grammar is in spec/README.md."""
    if cell == "none":
        return ()
    inputs: list[Input] = []
    position = 0
    while position < len(cell):
        match = _INPUT.match(cell, position)
        if match is None:
            raise OperationError(f"cannot read the inputs from {cell[position:]!r}, expected name(size, ...)")
        inputs.append(_input(match))
        position = match.end()
    if not inputs:
        raise OperationError("a row needs at least one input")
    return tuple(inputs)


def _input(match: re.Match[str]) -> Input:
    dtype = match["dtype"]
    if dtype is not None and (dtype not in WORDS or WORDS[dtype] != (dtype,)):
        raise OperationError(f"unknown dtype {dtype!r} of input {match['name']}")
    if match["name"] in RESERVED:
        raise OperationError(f"an input cannot be called {match['name']!r}, which is bound to something else")
    words = match["words"].split()
    sizes = tuple(_size(part.strip()) for part in match["sizes"].split(",") if part.strip())
    matrix = next((word for word in words if word in MATRICES), "")
    if matrix and (len(sizes) < 2 or sizes[-1].value != sizes[-2].value):
        raise OperationError(f"the input {match['name']} is {matrix}, so its last two sizes are equal")
    return Input(
        name=match["name"],
        sizes=sizes,
        dtype=dtype,
        low=None if match["low"] is None else float(match["low"]),
        high=None if match["high"] is None else float(match["high"]),
        distinct="distinct" in words,
        nonzero="nonzero" in words,
        matrix=matrix,
    )


def _size(text: str) -> Size:
    digits = text.strip("+=")
    if not digits.isdigit():
        raise OperationError(f"unknown size {text!r}, expected 4, 4+ (never smaller) or =4 (stays)")
    return Size(int(digits), least=text.endswith("+"), fixed=text.startswith("=") or digits == "1")


def read_row(clause: str, columns: Sequence[str], cells: Sequence[str], line: int = 0) -> Operation:
    """The operation of one table row. Raises OperationError naming the cell that cannot be read."""
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown:
        raise OperationError(f"unknown column {unknown[0]!r}, expected some of {', '.join(COLUMNS)}")
    row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    for name in REQUIRED:
        if not row.get(name):
            raise OperationError(f"the column {name!r} is missing or empty")
    try:
        operation = _operation(clause, line, row)
        for source in (operation.call, operation.equals, operation.through or "None", *operation.operators):
            ast.parse(source, mode="eval")
    except SyntaxError as error:
        raise OperationError(f"cannot compile {error.text or row['call']!r}: {error.msg}") from error
    _check_words(operation)
    return operation


def _operation(clause: str, line: int, row: Mapping[str, str]) -> Operation:
    forms = [part.strip() for part in row.get("forms", "").split(",") if part.strip()]
    chapter = clause.partition(".")[0]
    return Operation(
        clause=clause,
        line=line,
        call=row["call"],
        inputs=read_inputs(row["inputs"]),
        dtypes=read_dtypes(row["dtypes"]),
        equals=row["equals"],
        through=row.get("through", ""),
        result=tuple(part.strip() for part in (row.get("result") or "same").split(",")),
        grad=row.get("grad", ""),
        forms=tuple(form for form in forms if form in FORMS),
        operators=tuple(form for form in forms if form not in FORMS),
        within=row.get("within", ""),
        special=row.get("special", ""),
        promotes=row.get("promotes", "") != "no" and not row["call"].startswith("torch.linalg"),
        kind=row.get("kind") or KIND_OF_CHAPTER.get(chapter, "mixing"),
        notes=row.get("notes", ""),
        cells=row,
    )


def _check_words(operation: Operation) -> None:
    """Refuse what no column knows."""
    if operation.grad not in _GRAD:
        raise OperationError(f"the cell 'grad' is {operation.grad!r}, expected no, first, real or first real")
    if not re.fullmatch(r"|exact|open|scale|(scale )?\d+", operation.within):
        raise OperationError(
            f"the cell 'within' is {operation.within!r}, expected exact, open, scale, a number or scale and a number"
        )
    if operation.kind not in KINDS:
        raise OperationError(f"the cell 'kind' is {operation.kind!r}, expected one of {', '.join(KINDS)}")
    for rule in operation.result if operation.gives_tensors else ():
        try:
            check_rule(rule)
        except ValueError as error:
            raise OperationError(str(error)) from error
    if not operation.gives_tensors and set(operation.forms) - {"method"}:
        raise OperationError("a call that gives a Python value has no form but method")
    if not operation.inputs and set(operation.forms) - {"out"}:
        raise OperationError("a call without inputs has no form but out")
