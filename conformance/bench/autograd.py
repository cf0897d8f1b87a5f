"""Recording a long graph of tiny operations and walking it back."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.bench.task import Timed, tensor

LENGTH = 1000
DEPTH = 100_000
START = np.array([0.5, -1.0, 2.0, 3.0])
SIGNS = np.array([1.0, -1.0, 1.0, -1.0])
FACTORS = np.array([1.001, 0.999, 1.0, -1.0]).astype(np.float32).astype(np.float64)


def chain(torch: Any, device: str) -> Timed:
    """A chain of 1000 additions of 4 elements, forward and backward."""
    x, one = tensor(torch, START, device).requires_grad_(), tensor(torch, np.ones(4), device)

    def call() -> Any:
        x.grad = None
        y = x
        for _ in range(LENGTH):
            y = y + one
        y.sum().backward()
        return y.detach(), x.grad

    return Timed(call, (START + LENGTH, np.ones(4)), 1e-5, LENGTH)


def chain_backward(torch: Any, device: str) -> Timed:
    """The backward pass alone of a chain of 1000 multiplications of 4 elements."""
    x, factors = tensor(torch, START, device).requires_grad_(), tensor(torch, FACTORS, device)
    total = x

    def renew() -> None:
        nonlocal total
        total = x
        for _ in range(LENGTH):
            total = total * factors
        total = total.sum()

    def call() -> Any:
        x.grad = None
        total.backward(retain_graph=True)
        return x.grad

    renew()
    return Timed(call, (FACTORS**LENGTH,), 1e-4, LENGTH, renew)


def chain_deep(torch: Any, device: str) -> Timed:
    """The backward pass alone of a chain of 100,000 multiplications of 4 elements."""
    x, factors = tensor(torch, START, device).requires_grad_(), tensor(torch, SIGNS, device)
    total = x
    for _ in range(DEPTH):
        total = total * factors
    total = total.sum()

    def call() -> Any:
        x.grad = None
        total.backward(retain_graph=True)
        return x.grad

    return Timed(call, (SIGNS**DEPTH,), 1e-5, DEPTH)
