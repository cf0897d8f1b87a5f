"""Every operator of PyTorch's own database has its rows, with its forms, dtypes and gradients, or a written reason."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from conformance.meta.operators import DIFFERENT, LEFT_OUT, Operator, Traits, called, database, rows, said, table

DATABASE = "torch.testing._internal.common_methods_invocations"
AT_MOST = 25


@functools.cache
def operators() -> Mapping[str, Operator]:
    """PyTorch's own; a skip where it is not installed."""
    torch: Any = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module: Any = pytest.importorskip(DATABASE, exc_type=ImportError)
    return database(torch, module.op_db)


def differences() -> dict[str, set[str]]:
    """Operator → what the rationale says that its rows lack."""
    return {name: set(cells[0].replace("`", "").split(", ")) for name, cells in table(DIFFERENT).items()}


def told(lacking: Mapping[str, Iterable[str]]) -> str:
    """One line for each operator."""
    return "\n".join(f"{name}: {', '.join(words)}" for name, words in sorted(lacking.items()))


def test_operators_are_found() -> None:
    """Seven namespaces of some six hundred operators."""
    found = operators()
    assert len(found) > 550
    known = {"add", "linalg.inv", "fft.fft", "special.erfcx", "signal.windows.hann", "T", "nn.functional.linear"}
    assert known <= set(found)
    assert not [name for name in found if name.startswith(("masked.", "_"))]


def test_every_operator_has_a_row() -> None:
    """Or stands among those that are left out."""
    found, left_out = rows(), table(LEFT_OUT)
    lacking = {name: ["no row"] for name, one in operators().items() if said(one, found) is None}
    lacking = {name: words for name, words in lacking.items() if name not in left_out}
    assert not lacking, f"{len(lacking)} operators have no row\n{told(lacking)}"


def test_rows_say_all_of_it() -> None:
    """The forms, the dtypes on a CPU and the gradients of every operator, less what the rationale names."""
    found, known = rows(), differences()
    lacking = {}
    for name, one in operators().items():
        traits = said(one, found)
        words = traits.lacking(one.traits) if traits is not None else ()
        left = [word for word in words if word not in known.get(name, ())]
        if left:
            lacking[name] = left
    assert not lacking, f"the rows of {len(lacking)} operators lack something\n{told(lacking)}"


def test_what_is_left_out_is_left_out() -> None:
    """Few, each with a reason, each an operator, and none with a row."""
    found, left_out = rows(), table(LEFT_OUT)
    assert len(left_out) <= AT_MOST
    assert not [name for name, cells in left_out.items() if not cells[-1]], "a reason is missing"
    assert sorted(set(left_out) - set(operators())) == [], "these are no operators"
    assert [name for name in left_out if said(operators()[name], found) is not None] == [], "these have rows"


def test_what_differs_differs() -> None:
    """Every difference that the rationale names is there, and has a reason."""
    found = rows()
    assert not [name for name, cells in table(DIFFERENT).items() if len(cells) < 2 or not cells[1]]
    stale = {}
    for name, words in differences().items():
        one = operators().get(name)
        traits = said(one, found) if one is not None else None
        lacking = traits.lacking(one.traits) if one is not None and traits is not None else ()
        if words - set(lacking):
            stale[name] = sorted(words - set(lacking))
    assert not stale, f"these do not differ so\n{told(stale)}"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("torch.add(x, y)", [("add", "function")]),
        ("torch.linalg.inv((x + x.mH) / 2)", [("linalg.inv", "function")]),
        ("x.T", [("T", "method")]),
        ("x.zero_()", [("zero_", "method"), ("zero_", "in-place"), ("zero", "in-place")]),
        ("torch.max(x, dim=1).values", [("max", "function")]),
        ("torch.unique(x)[0]", [("unique", "function")]),
        ("x[i]", []),
        ("(torch.sum(x), x.sum())", [("sum", "function"), ("sum", "method")]),
    ],
)
def test_what_a_row_calls(source: str, names: list[tuple[str, str]]) -> None:
    """The outermost call."""
    assert list(called(source)) == names


def test_what_lacks() -> None:
    """In one order: forms, dtypes, gradients."""
    whole = Traits(frozenset({"out", "method"}), frozenset({"int8", "bool"}), frozenset({"second gradient"}))
    assert Traits().lacking(whole) == ("method", "out", "bool", "int8", "second gradient")
    assert whole.lacking(whole) == ()
    assert (whole | Traits()).lacking(whole) == ()
