"""Laws of the chapter functional, over the rows of its operation tables."""

from __future__ import annotations

import pytest

from conformance.case import Trial
from conformance.law import empty, forms, gradient, layout, result, value
from conformance.operation import Operation


@pytest.mark.clause("@operation")
def test_value(operation: Operation, trial: Trial) -> None:
    """The call gives what the row's formula gives, in every dtype."""
    value.check(operation, trial)


@pytest.mark.clause("functional.dtype", rows="gives_tensors")
def test_dtype(operation: Operation, trial: Trial) -> None:
    """The dtype of the result follows the row's rule."""
    result.check(operation, trial)


@pytest.mark.clause("functional.layout", rows="may_be_strided")
def test_layout(operation: Operation, trial: Trial) -> None:
    """Operands in any memory layout give what contiguous ones give."""
    layout.check(operation, trial)


@pytest.mark.clause("functional.forms", rows="has_forms")
def test_forms(operation: Operation, trial: Trial) -> None:
    """Function, method, operator, in-place and `out=` agree."""
    forms.check(operation, trial)


@pytest.mark.clause("functional.empty", rows="may_be_empty")
def test_empty(operation: Operation, trial: Trial) -> None:
    """A size of zero is a size like any other."""
    empty.check(operation, trial)


@pytest.mark.clause("functional.gradient", rows="differentiable")
def test_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient is the central difference of the formula."""
    gradient.check(operation, trial)


@pytest.mark.clause("functional.gradient.second", rows="twice_differentiable")
def test_second_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient of the gradient is the second difference of the formula."""
    gradient.check_second(operation, trial)


@pytest.mark.clause("functional.gradient.complex", rows="complex_differentiable")
def test_complex_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient to complex operands, by both of their parts."""
    gradient.check_complex(operation, trial)
