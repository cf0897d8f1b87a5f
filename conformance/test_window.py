"""Laws of the chapter window, over the rows of its operation tables."""

from __future__ import annotations

import pytest

from conformance.case import Trial
from conformance.law import result, value
from conformance.operation import Operation


@pytest.mark.clause("@operation")
def test_value(operation: Operation, trial: Trial) -> None:
    """The call gives what the row's formula gives, in every dtype."""
    value.check(operation, trial)


@pytest.mark.clause("window.dtype")
def test_dtype(operation: Operation, trial: Trial) -> None:
    """The dtype of the result is the one that is asked for."""
    result.check(operation, trial)
