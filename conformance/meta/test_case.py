"""Cases and trials: which status an outcome has, on a toy library."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from conformance.case import ObservationError
from conformance.isolation import isolated
from conformance.meta.toy import Tensor, example, trial
from conformance.status import STATUSES, Status, gravest


def unreadable(tensor: Any) -> Any:
    """An adapter that cannot read."""
    raise OSError("the device does not answer")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("wrong"), "fail"),
        (NotImplementedError("later"), "fail"),
        (TypeError("wrong"), "fail"),
        (AttributeError("no name and no object"), "fail"),
        (AttributeError("absent", name="absent", obj=np), "missing"),
        (AttributeError("absent", name="absent", obj=Tensor([1.0])), "missing"),
        (AttributeError("absent", name="absent", obj=3), "fail"),
        (AttributeError("absent", name="absent", obj=None), "fail"),
        (ModuleNotFoundError("absent"), "missing"),
        (ObservationError("to_numpy"), "error"),
    ],
    ids=repr,
)
def test_status_of_an_exception(error: Exception, status: Status) -> None:
    """By what was raised; the item goes on."""
    found = trial()
    with found.case("first"):
        raise error
    with found.case("second") as case:
        case.equal("n", 1, 1)
    assert [case.status for case in found.cases] == [status, "pass"]
    assert found.status == status
    assert type(error).__name__ in found.cases[0].exception


def test_an_adapter_that_cannot_read_is_an_error() -> None:
    """It is not the backend's answer."""
    assert example("torch.tensor([1.0])  # -> [1.0]", to_numpy=unreadable).status == "error"


def test_nothing_checked_is_an_error() -> None:
    """No case, or a case without a check, passes nothing."""
    found = trial()
    assert found.status == "error"
    with found.case("empty"):
        pass
    assert found.status == "error"


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("torch.refuse()  # -> 1", "unsupported"),
        ("torch.nothing()  # -> 1", "unsupported"),
        ("torch.refuse()  # raises RuntimeError: no such", "unsupported"),
        ("torch.refuse()  # raises ValueError: words", "unsupported"),
        ("1  # -> 2", "fail"),
        ("1  # -> 1", "fail"),
    ],
)
def test_what_is_declared_as_lacking(source: str, status: Status) -> None:
    """A refusal is unsupported; whatever works is a false claim, and a wrong answer stays wrong."""
    assert example(source, requires=("complex",), lacking=True).status == status


def test_a_claim_about_one_case() -> None:
    """A case that alone needs a capability does not spoil the others, and cannot work all the same."""
    found = trial(lacks={"complex": "never built"})
    with found.case("float32") as case:
        case.equal("n", 1, 1)
    with found.case("complex64", requires=("complex",)):
        raise RuntimeError("never built")
    assert [case.status for case in found.cases] == ["pass", "unsupported"]
    with found.case("refusal", requires=("complex",)) as case, case.raises("RuntimeError", "never"):
        raise RuntimeError("never built")
    assert found.status == "unsupported"
    with found.case("complex128", requires=("complex",)) as case:
        case.equal("n", 1, 1)
    assert found.status == "fail"


@pytest.mark.parametrize(
    ("error", "ok"),
    [
        (RuntimeError("these words, and more"), True),
        (NotImplementedError("these words"), True),
        (RuntimeError("others"), False),
        (ValueError("these words"), False),
        (None, False),
    ],
    ids=repr,
)
def test_raises(error: Exception | None, ok: bool) -> None:
    """An instance of the class with the words in its message, and nothing else."""
    found = trial()
    with found.case("refusal") as case, case.raises("RuntimeError", "these words"):
        if error is not None:
            raise error
    assert found.status == ("pass" if ok else "fail")


def test_raises_does_not_take_a_missing_name_for_a_refusal() -> None:
    """`raises` of any class but AttributeError."""
    found = trial()
    with found.case("refusal") as case, case.raises("Exception"):
        found.namespace.nothing()
    assert found.status == "missing"


def test_an_exception_of_the_library() -> None:
    """Named as the specification names it."""
    assert trial().exception_class("torch.ToyError").__name__ == "ToyError"
    with pytest.raises(ObservationError):
        trial().exception_class("torch.Tensor")


@pytest.mark.parametrize("wrong", [[1.0, 2.5], [2.0, 1.0], [[1.0, 2.0]], [1.0], [np.nan, 2.0], [0.0, 0.0]], ids=repr)
def test_arrays_that_differ(wrong: Any) -> None:
    """Values, order, shape: `same`, `close` and `within` all see it."""
    want = np.array([1.0, 2.0])
    for name in ("same", "close", "within"):
        found, right = trial(), trial()
        rest: Any = {"same": (), "close": ("float32",), "within": (1e-6, 1e-6)}[name]
        for one, values in ((found, wrong), (right, [1.0, 2.0])):
            with one.case(name) as case:
                getattr(case, name)(Tensor(values), want, *rest)
        assert (found.status, right.status) == ("fail", "pass")


def test_equal_and_holds() -> None:
    """What a law has worked out."""
    found = trial()
    with found.case("checks") as case:
        case.equal("n", 1, 2)
        case.holds("alias", False, "shares memory", "a copy")
    assert [check.ok for check in found.cases[0].checks] == [False, False]


def test_failures_of_one_kind_are_told_once() -> None:
    """With how many there are."""
    found = trial()
    for number in range(3):
        with found.case(f"{number}") as case:
            case.equal("dtype", number, -1)
    with found.case("other") as case:
        case.equal("shape", 1, 2)
    assert [[case.name for case in kind] for kind in found.failures()] == [["0", "1", "2"], ["other"]]
    assert found.counts == {"fail": 4}


def test_the_gravest_failure_comes_first() -> None:
    """What gives the item its status is told before a name that one dtype misses."""
    found = trial()
    with found.case("absent"):
        _ = found.namespace.bfloat16
    with found.case("wrong") as case:
        case.equal("dtype", 1, 2)
    assert [[case.name for case in kind] for kind in found.failures()] == [["wrong"], ["absent"]]


def test_inputs_come_from_names() -> None:
    """The same for every backend, and another for every case."""
    first, again, other = (trial().generator(name).random() for name in ("a", "a", "b"))
    assert first == again != other


def test_a_device_that_cannot_be_the_default_one() -> None:
    """That is the backend's answer: here it has no `torch.device`."""
    found = dataclasses.replace(trial(devices=("cpu", "sim")), device="sim")
    with pytest.raises(AttributeError), isolated(found):
        pytest.fail("the body does not run on another device")
    assert found.status == "missing"


def test_gravest() -> None:
    """An item is as bad as its worst case."""
    assert gravest([]) == "pass"
    for low, high in itertools.pairwise(STATUSES):
        assert gravest([high, low]) == high
