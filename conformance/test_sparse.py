"""Laws of the chapter sparse, over the rows of its operation tables: calls that begin and end with dense tensors."""

from __future__ import annotations

import pytest

from conformance.case import Trial
from conformance.law import gradient, layout, result, value
from conformance.operation import Operation


@pytest.mark.clause("@operation")
def test_value(operation: Operation, trial: Trial) -> None:
    """The call gives what the row's formula gives, in every dtype."""
    value.check(operation, trial)


@pytest.mark.clause("sparse.dtype")
def test_dtype(operation: Operation, trial: Trial) -> None:
    """The dtype of the result follows the row's rule."""
    result.check(operation, trial)


@pytest.mark.clause("sparse.layout", rows="may_be_strided")
def test_layout(operation: Operation, trial: Trial) -> None:
    """Operands in any memory layout give what contiguous ones give."""
    layout.check(operation, trial)


@pytest.mark.clause("sparse.gradient", rows="differentiable")
def test_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient is the central difference of the formula."""
    gradient.check(operation, trial)


@pytest.mark.clause("sparse.gradient.complex", rows="complex_differentiable")
def test_complex_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient to complex operands, by both of their parts."""
    gradient.check_complex(operation, trial)
