"""Element types: what they are called, how they promote, which casts are allowed.

Promotion is decided by tables computed once at import. NumPy's own `result_type` plays no part, because torch's rules
differ: any integer with any float gives that float, and a Python number or a 0-dim tensor raises the category only.
"""

from __future__ import annotations

from builtins import bool as _bool
from builtins import float as _float
from builtins import int as _int
from typing import Any

import ml_dtypes
import numpy as np

BOOL, INTEGER, FLOATING, COMPLEX = range(4)
"""The categories, in the order in which a value may be cast up without being refused."""


class dtype:  # noqa: N801
    """One element type, such as `torch.float32`. The instances of this module are the only ones."""

    __slots__ = ("category", "compute", "differentiable", "is_signed", "itemsize", "legacy", "name", "numpy", "word")

    def __init__(self, name: str, numpy: Any, category: _int, word: str, legacy: str, signed: _bool = True) -> None:
        """`word` is the name in error texts (`Long`), `legacy` the C type's name in others (`long int`)."""
        self.name = name
        self.numpy: np.dtype[Any] = np.dtype(numpy)
        self.category = category
        self.word = word
        self.legacy = legacy
        self.itemsize: _int = self.numpy.itemsize
        self.is_signed = signed
        self.differentiable = category >= FLOATING
        # Half types compute in float32 and round once, at the end.
        half = category == FLOATING and self.itemsize == 2
        self.compute: np.dtype[Any] = np.dtype(np.float32) if half else self.numpy

    @property
    def is_floating_point(self) -> _bool:
        """Whether the type is a real floating one."""
        return self.category == FLOATING

    @property
    def is_complex(self) -> _bool:
        """Whether the type is complex."""
        return self.category == COMPLEX

    def to_real(self) -> dtype:
        """The real type of the same precision."""
        return {complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self) -> dtype:
        """The complex type of the same precision."""
        return {float32: complex64, float64: complex128, bfloat16: complex64}.get(self, complex64)

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name

    def __copy__(self) -> dtype:
        return self

    def __deepcopy__(self, memo: Any) -> dtype:
        return self


bool = dtype("bool", np.bool_, BOOL, "Bool", "bool", signed=False)
uint8 = dtype("uint8", np.uint8, INTEGER, "Byte", "unsigned char", signed=False)
uint16 = dtype("uint16", np.uint16, INTEGER, "UInt16", "unsigned short", signed=False)
uint32 = dtype("uint32", np.uint32, INTEGER, "UInt32", "unsigned int", signed=False)
uint64 = dtype("uint64", np.uint64, INTEGER, "UInt64", "unsigned long", signed=False)
int8 = dtype("int8", np.int8, INTEGER, "Char", "signed char")
int16 = short = dtype("int16", np.int16, INTEGER, "Short", "short")
int32 = int = dtype("int32", np.int32, INTEGER, "Int", "int")
int64 = long = dtype("int64", np.int64, INTEGER, "Long", "long int")
float16 = half = dtype("float16", np.float16, FLOATING, "Half", "c10::Half")
bfloat16 = dtype("bfloat16", ml_dtypes.bfloat16, FLOATING, "BFloat16", "c10::BFloat16")
float32 = float = dtype("float32", np.float32, FLOATING, "Float", "float")
float64 = double = dtype("float64", np.float64, FLOATING, "Double", "double")
complex64 = cfloat = dtype("complex64", np.complex64, COMPLEX, "ComplexFloat", "c10::complex<float>")
complex128 = cdouble = dtype("complex128", np.complex128, COMPLEX, "ComplexDouble", "c10::complex<double>")

SHELLS = (uint16, uint32, uint64)
"""Types that hold numbers and do not promote with integers and bools."""

ALL = (bool, uint8, int8, int16, int32, int64, *SHELLS, float16, bfloat16, float32, float64, complex64, complex128)
FROM_NUMPY: dict[np.dtype[Any], dtype] = {d.numpy: d for d in ALL}
"""NumPy's element type to ours (native byte order)."""


def _promote_integers(a: dtype, b: dtype) -> dtype:
    """The smallest integer type that holds both: uint8 with a signed type needs one that is wider than a byte."""
    small, large = sorted((a, b), key=lambda d: d.itemsize)
    if (small is uint8 and large is int8) or (small is int8 and large is uint8):
        return int16
    return large


def _promote_floating(a: dtype, b: dtype) -> dtype:
    small, large = sorted((a, b), key=lambda d: d.itemsize)
    return float32 if small is not large and large.itemsize == 2 else large


def _promote(a: dtype, b: dtype) -> dtype:
    if a is b:
        return a
    low, high = sorted((a, b), key=lambda d: d.category)
    if low.category == high.category:
        if low.category == INTEGER:
            return _promote_integers(a, b)
        return _promote_floating(a, b)
    if high.category == COMPLEX and low.category == FLOATING:
        return complex128 if float64 is low else high
    return high


def _promotes(a: dtype, b: dtype) -> _bool:
    """Whether there is a type for both: a shell goes with itself, and with floating and complex types."""
    return a is b or not (a in SHELLS or b in SHELLS) or a.differentiable or b.differentiable


class Lattice(dict[tuple[dtype, dtype], dtype]):
    """A table of promotions. RuntimeError for a pair that it does not hold."""

    def __missing__(self, pair: tuple[dtype, dtype]) -> dtype:
        a, b = pair
        raise RuntimeError(
            f"Promotion for uint16, uint32, uint64 types is not supported, attempted to promote {a.word} and {b.word}"
        )


PROMOTE = Lattice({(a, b): _promote(a, b) for a in ALL for b in ALL if _promotes(a, b)})
"""The promotion lattice over pairs of dimensioned types."""


class _Default:
    """The default floating type, and its complex partner, of the process."""

    __slots__ = ("complex", "floating")

    def __init__(self) -> None:
        self.floating: dtype = float32
        self.complex: dtype = complex64


DEFAULT = _Default()


def get_default_dtype() -> dtype:
    """The type of tensors made from Python floats."""
    return DEFAULT.floating


def set_default_dtype(d: dtype) -> None:
    """Sets the type of tensors made from Python floats; TypeError if it is not floating."""
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    DEFAULT.floating = d
    DEFAULT.complex = complex128 if d is float64 else complex64


def chosen(d: Any, caller: str) -> dtype | None:
    """A `dtype=` argument: None, an element type, or one of Python's number types. TypeError for anything else."""
    if d is None or type(d) is dtype:
        return d
    found = PYTHON.get(d) if isinstance(d, type) else None
    if found is None:
        raise TypeError(f"{caller}(): argument 'dtype' must be torch.dtype, not {type(d).__name__}")
    return found


PYTHON: dict[type, dtype] = {_float: float64, _int: int64, _bool: bool, complex: complex128}
"""The element types that Python's number types name."""


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type to which both can be cast without loss of category or width."""
    return PROMOTE[type1, type2]


def can_cast(from_: dtype, to: dtype) -> _bool:
    """Whether torch lets a result of type `from_` be written into `to`: the category never falls."""
    return from_.category <= to.category


def check_writable(result: dtype, target: dtype) -> None:
    """RuntimeError if a result of this type cannot be written into a tensor of the target type."""
    if result.category > target.category:
        raise RuntimeError(f"result type {result.word} can't be cast to the desired output type {target.word}")


def of_scalar(value: Any) -> dtype:
    """The type of a Python or NumPy number: bool, int64, and the default floating and complex types."""
    kind = SCALARS.get(type(value))
    if kind is None:
        kind = _scalar_category(value)
    return (bool, int64, DEFAULT.floating, DEFAULT.complex)[kind]


def _scalar_category(value: Any) -> _int:
    for kind, classes in enumerate(((np.bool_,), (np.integer,), (np.floating,), (np.complexfloating,))):
        if isinstance(value, classes):
            return kind
    for cls, kind in SCALARS.items():
        if isinstance(value, cls):
            return kind
    if isinstance(value, ml_dtypes.bfloat16):
        return FLOATING
    raise RuntimeError(f"Could not infer dtype of {type(value).__name__}")


SCALARS: dict[type, _int] = {_bool: BOOL, _int: INTEGER, _float: FLOATING, complex: COMPLEX}
"""The Python number types and their categories."""
