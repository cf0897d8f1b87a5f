"""Einstein's summation: sums of products of elements whose letters agree.

Operands are brought to a common order of letters, and multiplied two at a time: letters that both have and the rest
still needs are batches, letters that only the pair has are summed over, so each step is one batched matrix product.
"""

from __future__ import annotations

import string
from typing import Any

from .arguments import spoken
from .layout import numel
from .linalg.product import bmm
from .reduce import sum
from .tensor import Tensor

Letters = tuple[str, ...]
"""One name for each dimension; those of an ellipsis are `.0`, `.1`, … counted from the last."""


@spoken
def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sums products of elements whose letters agree; each operand may be followed by a list of numbers in place of
    letters. RuntimeError for letters that do not fit the operands."""
    if isinstance(equation, Tensor):
        equation, operands = _lettered((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    for t in operands:
        if not isinstance(t, Tensor):
            raise TypeError(f"einsum(): expected Tensor, but got {type(t).__name__}")
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        few = "fewer" if len(operands) < len(terms) else "more"
        raise RuntimeError(f"einsum(): {few} operands were provided than specified in the equation")
    named = [_letters(term, t, i) for i, (term, t) in enumerate(zip(terms, operands, strict=True))]
    _check_sizes(named, operands)
    wanted = _output(output, named) if arrow else _implicit(named)
    pairs = [_diagonals(letters, t) for letters, t in zip(named, operands, strict=True)]
    letters, t = pairs[0]
    for i, (other, u) in enumerate(pairs[1:], 2):
        later = {*wanted, *(x for rest, _ in pairs[i:] for x in rest)}
        letters, t = _contract(letters, t, other, u, later)
    return _arranged(letters, t, wanted)


def _lettered(given: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The equation of operands that lists of numbers follow, and one for the result if there is an odd one out."""
    pairs = len(given) // 2
    terms = ["".join("..." if n is Ellipsis else _LETTERS[n] for n in given[2 * i + 1]) for i in range(pairs)]
    arrow = "->" + "".join("..." if n is Ellipsis else _LETTERS[n] for n in given[-1]) if len(given) % 2 else ""
    return ",".join(terms) + arrow, given[: 2 * pairs : 2]


_LETTERS = string.ascii_uppercase + string.ascii_lowercase


def _letters(term: str, t: Tensor, position: int) -> Letters:
    """The names of an operand's dimensions."""
    before, dots, after = term.partition("...")
    for i, letter in enumerate(before + after):
        if not (letter.isascii() and letter.isalpha()):
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {i} in the equation string, subscripts must be in [a-zA-Z]"
            )
    covered = t.ndim - len(before) - len(after)
    if covered < 0 or (covered and not dots):
        ending = "" if dots else " and no ellipsis was given"
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({len(before) + len(after)}) "
            f"{'is more than' if dots else 'does not match'} the number of dimensions ({t.ndim}) for operand "
            f"{position}{ending}"
        )
    return (*before, *(f".{covered - 1 - i}" for i in range(covered)), *after)


def _check_sizes(named: list[Letters], operands: tuple[Any, ...]) -> None:
    sizes: dict[str, int] = {}
    for position, (letters, t) in enumerate(zip(named, operands, strict=True)):
        for letter, size in zip(letters, t._array.shape, strict=True):
            seen = sizes.setdefault(letter, size)
            if size != seen and size != 1 and seen != 1:
                raise RuntimeError(
                    f"einsum(): subscript {letter} has size {size} for operand {position} which does not broadcast "
                    f"with previously seen size {seen}"
                )
            sizes[letter] = size if seen == 1 else seen


def _implicit(named: list[Letters]) -> Letters:
    """Without an arrow: the ellipsis, then the letters that occur once, in alphabetical order."""
    every = [x for letters in named for x in letters]
    dots = sorted({x for x in every if x[0] == "."}, key=lambda x: -int(x[1:]))
    return (*dots, *sorted(x for x in set(every) if every.count(x) == 1 and x[0] != "."))


def _output(text: str, named: list[Letters]) -> Letters:
    every = {x for letters in named for x in letters}
    before, dots, after = text.partition("...")
    for letter in before + after:
        if letter not in every:
            raise RuntimeError(
                f"einsum(): output subscript {letter} does not appear in the equation for any input operand"
            )
        if text.count(letter) > 1:
            raise RuntimeError(f"einsum(): output subscript {letter} appears more than once in the output")
    covered = sorted({x for x in every if x[0] == "."}, key=lambda x: -int(x[1:])) if dots else []
    return (*before, *covered, *after)


def _diagonals(letters: Letters, t: Tensor) -> tuple[Letters, Tensor]:
    """Repeated letters become one dimension, the diagonal."""
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            t = t.diagonal(0, first, second)
            letters = (*(x for i, x in enumerate(letters) if i not in (first, second)), letter)
    return letters, t


def _without(letters: Letters, t: Tensor, kept: set[str]) -> tuple[Letters, Tensor]:
    """Sums over the letters that nothing else needs."""
    lost = [i for i, x in enumerate(letters) if x not in kept]
    if lost:
        t = sum(t, lost, dtype=t._dtype)
    return tuple(x for x in letters if x in kept), t


def _contract(a: Letters, x: Tensor, b: Letters, y: Tensor, later: set[str]) -> tuple[Letters, Tensor]:
    """The product of two operands, summed over the letters that only they have."""
    a, x = _without(a, x, later | set(b))
    b, y = _without(b, y, later | set(a))
    sizes = dict(zip(a, x._array.shape, strict=True))
    for letter, size in zip(b, y._array.shape, strict=True):
        sizes[letter] = size if sizes.get(letter, 1) == 1 else sizes[letter]
    batch = [i for i in a if i in b and i in later]
    gone = [i for i in a if i in b and i not in later]
    left, right = [i for i in a if i not in b], [i for i in b if i not in a]
    letters = (*batch, *left, *right)
    if not gone:
        lone = _grouped(b, y, batch + right, sizes).reshape([sizes[i] if i in b else 1 for i in letters])
        ours = _grouped(a, x, batch + left, sizes)
        return letters, ours.reshape([*ours._array.shape, *[1] * len(right)]) * lone
    count = [numel([sizes[i] for i in group]) for group in (batch, left, gone, right)]
    lhs = _grouped(a, x, batch + left + gone, sizes).reshape(count[0], count[1], count[2])
    rhs = _grouped(b, y, batch + gone + right, sizes).reshape(count[0], count[2], count[3])
    return letters, bmm(lhs, rhs).reshape([sizes[i] for i in letters])


def _grouped(letters: Letters, t: Tensor, order: list[str], sizes: dict[str, int]) -> Tensor:
    return t.permute([letters.index(i) for i in order]).expand([sizes[i] for i in order])


def _arranged(letters: Letters, t: Tensor, wanted: Letters) -> Tensor:
    lost = [i for i, x in enumerate(letters) if x not in wanted]
    if lost:
        t = t.sum(lost)
        letters = tuple(x for x in letters if x in wanted)
    return t.permute([letters.index(i) for i in wanted]) if wanted else t
