"""What optimizers do to one parameter, as recurrences over float64 arrays: each generator yields the parameter after
each gradient. They follow the papers that the chapter names, and no library."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Path = Iterator[Array]
Gradients = Iterable[Array]
Recurrence = Callable[..., Path]


def sgd(
    p: Array, gradients: Gradients, *, lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0,
    weight_decay: float = 0.0, nesterov: bool = False,
) -> Path:  # fmt: skip
    """The velocity begins with the first gradient, undamped."""
    velocity = None
    for g in gradients:
        g = g + weight_decay * p
        velocity = g if velocity is None else momentum * velocity + (1 - dampening) * g
        p = p - lr * (g + momentum * velocity if nesterov else velocity if momentum else g)
        yield p


def adam(
    p: Array, gradients: Gradients, *, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.0, amsgrad: bool = False, decoupled_weight_decay: bool = False,
) -> Path:  # fmt: skip
    """Means of gradients and of squares, corrected for their start at zero."""
    m = v = largest = np.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        if decoupled_weight_decay:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        largest = np.maximum(largest, v)
        corrected = (largest if amsgrad else v) / (1 - betas[1] ** t)
        p = p - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(corrected) + eps)
        yield p


def adamw(p: Array, gradients: Gradients, *, weight_decay: float = 1e-2, **options: Any) -> Path:
    """Adam whose decay does not enter the means."""
    return adam(p, gradients, weight_decay=weight_decay, decoupled_weight_decay=True, **options)


def adamax(
    p: Array, gradients: Gradients, *, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Path:  # fmt: skip
    """The largest fading gradient in the place of the root of the mean square."""
    m = u = np.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        u = np.maximum(betas[1] * u, np.abs(g) + eps)
        p = p - lr / (1 - betas[0] ** t) * m / u
        yield p


def nadam(
    p: Array, gradients: Gradients, *, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False,
) -> Path:  # fmt: skip
    """Momenta that rise towards `b1`, and the product of them all."""
    m = v = np.zeros_like(p)
    product = 1.0
    for t, g in enumerate(gradients, 1):
        if decoupled_weight_decay:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        now = betas[0] * (1 - 0.5 * 0.96 ** (t * momentum_decay))
        then = betas[0] * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
        product *= now
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        mean = then * m / (1 - product * then) + (1 - now) * g / (1 - product)
        p = p - lr * mean / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
        yield p


def radam(
    p: Array, gradients: Gradients, *, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.0, decoupled_weight_decay: bool = False,
) -> Path:  # fmt: skip
    """Adam where the mean of squares is long enough, momentum alone before."""
    m = v = np.zeros_like(p)
    limit = 2 / (1 - betas[1]) - 1
    for t, g in enumerate(gradients, 1):
        if decoupled_weight_decay:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        mean = m / (1 - betas[0] ** t)
        length = limit - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
        if length > 5:
            r = math.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))
            p = p - lr * r * mean * math.sqrt(1 - betas[1] ** t) / (np.sqrt(v) + eps)
        else:
            p = p - lr * mean
        yield p


def adagrad(
    p: Array, gradients: Gradients, *, lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0, eps: float = 1e-10,
) -> Path:  # fmt: skip
    """The sum of all squares."""
    total = np.full_like(p, initial_accumulator_value)
    for t, g in enumerate(gradients, 1):
        g = g + weight_decay * p
        total = total + g**2
        p = p - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(total) + eps)
        yield p


def adadelta(
    p: Array, gradients: Gradients, *, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0
) -> Path:
    """Mean squares of gradients and of changes."""
    squares = changes = np.zeros_like(p)
    for g in gradients:
        g = g + weight_decay * p
        squares = rho * squares + (1 - rho) * g**2
        change = np.sqrt(changes + eps) / np.sqrt(squares + eps) * g
        changes = rho * changes + (1 - rho) * change**2
        p = p - lr * change
        yield p


def rmsprop(
    p: Array, gradients: Gradients, *, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
    weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False,
) -> Path:  # fmt: skip
    """The mean of squares, or the variance; `eps` stands outside the root."""
    squares = mean = velocity = np.zeros_like(p)
    for g in gradients:
        g = g + weight_decay * p
        squares = alpha * squares + (1 - alpha) * g**2
        mean = alpha * mean + (1 - alpha) * g
        divisor = np.sqrt(squares - mean**2 if centered else squares) + eps
        velocity = momentum * velocity + g / divisor
        p = p - lr * velocity
        yield p


def rprop(
    p: Array, gradients: Gradients, *, lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
    step_sizes: tuple[float, float] = (1e-6, 50.0),
) -> Path:  # fmt: skip
    """Element by element: signs and lengths."""
    p = np.array(p)
    before, length = np.zeros(p.size), np.full(p.size, lr)
    for g in gradients:
        now = np.array(g, float).reshape(-1)
        for i in range(p.size):
            agreement = now[i] * before[i]
            if agreement > 0:
                length[i] = min(length[i] * etas[1], step_sizes[1])
            elif agreement < 0:
                length[i] = max(length[i] * etas[0], step_sizes[0])
                now[i] = 0.0
            p.reshape(-1)[i] -= np.sign(now[i]) * length[i]
        before = now
        yield p.copy()


def asgd(
    p: Array, gradients: Gradients, *, lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
    weight_decay: float = 0.0,
) -> Path:  # fmt: skip
    """Step lengths fall as `t^-alpha`; the mean beside it (`ax`) is a law of its own."""
    eta = lr
    for t, g in enumerate(gradients, 1):
        g = g + weight_decay * p
        p = (1 - lambd * eta) * p - eta * g
        eta = lr / (1 + lambd * lr * t) ** alpha
        yield p


def adafactor(
    p: Array, gradients: Gradients, *, lr: float = 1e-2, beta2_decay: float = -0.8,
    eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0,
    smallest: float = 2.0**-52,
) -> Path:  # fmt: skip
    """Squares by rows and columns; `smallest` is the epsilon of the dtype."""
    floor = smallest if eps[0] is None else eps[0]
    rows = columns = whole = np.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        new = t**beta2_decay
        size = max(eps[1], float(np.sqrt(np.mean(p**2)))) * min(lr, 1 / math.sqrt(t))
        p = p - lr * weight_decay * p
        if p.ndim > 1:
            rows = (1 - new) * rows.mean(-1, keepdims=True) + new * (g**2).mean(-1, keepdims=True)
            columns = (1 - new) * columns.mean(-2, keepdims=True) + new * (g**2).mean(-2, keepdims=True)
            whole = rows * columns / np.maximum(rows.mean(-2, keepdims=True), floor)
        else:
            whole = (1 - new) * whole + new * g**2
        u = g / np.maximum(np.sqrt(whole), floor)
        u = u / max(1.0, float(np.sqrt(np.mean(u**2))) / d)
        p = p - size * u
        yield p


def muon(
    p: Array, gradients: Gradients, *, lr: float = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95,
    nesterov: bool = True, ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315), eps: float = 1e-7,
    ns_steps: int = 5, adjust_lr_fn: str | None = None,
) -> Path:  # fmt: skip
    """The polynomial works on the singular values alone."""
    a, b, c = ns_coefficients
    rows, columns = p.shape
    factor = 0.2 * math.sqrt(max(p.shape)) if adjust_lr_fn == "match_rms_adamw" else math.sqrt(max(1, rows / columns))
    buffer = np.zeros_like(p)
    for g in gradients:
        buffer = momentum * buffer + (1 - momentum) * g
        u = (1 - momentum) * g + momentum * buffer if nesterov else buffer
        left, s, right = np.linalg.svd(u, full_matrices=False)
        s = s / max(float(np.linalg.norm(u)), eps)
        for _ in range(ns_steps):
            s = a * s + b * s**3 + c * s**5
        p = p - lr * weight_decay * p - lr * factor * (left * s) @ right
        yield p


RECURRENCES: dict[str, Recurrence] = {
    "SGD": sgd,
    "Adam": adam,
    "AdamW": adamw,
    "Adamax": adamax,
    "NAdam": nadam,
    "RAdam": radam,
    "Adagrad": adagrad,
    "Adadelta": adadelta,
    "RMSprop": rmsprop,
    "Rprop": rprop,
    "ASGD": asgd,
    "Adafactor": adafactor,
    "Muon": muon,
}
