"""A line search for the strong Wolfe conditions (Nocedal and Wright, "Numerical Optimization", 2006, section 3.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

from ..tensor import Tensor

DECREASE, CURVATURE = 1e-4, 0.9
NARROW = 1e-9


@dataclass(frozen=True)
class Point:
    """A step length, and there the loss, its gradient, and the slope along the direction."""

    t: float
    loss: float
    grad: Tensor
    slope: float


def search(
    at: Callable[[Any], tuple[float, Tensor]], t: Any, d: Tensor, start: tuple[float, Tensor, Any], limit: int
) -> tuple[float, Tensor, float, int]:
    """Looks for a length along `d` with a sufficiently lower loss and a flatter slope; `at(t)` gives loss and gradient,
    `start` is loss, gradient and slope at zero. Returns loss, gradient, length, and how often it evaluated."""
    origin = Point(0.0, start[0], start[1].clone(), float(start[2]))

    def look(length: float) -> Point:
        loss, grad = at(length)
        return Point(length, loss, grad.clone(), float(grad.dot(d)))

    bracket, evals, done = _bracket(look, origin, float(t), limit)
    if not done:
        best, more = _zoom(look, origin, bracket, float(d.abs().max()), limit - (evals - 1))
        evals += more
    else:
        best = bracket[0]
    return best.loss, best.grad, best.t, evals


def _too_high(point: Point, origin: Point) -> bool:
    return point.loss > origin.loss + DECREASE * point.t * origin.slope


def _flat(point: Point, origin: Point) -> bool:
    return abs(point.slope) <= -CURVATURE * origin.slope


def _bracket(
    look: Callable[[float], Point], origin: Point, t: float, limit: int
) -> tuple[tuple[Point, ...], int, bool]:
    """Goes further until a good length lies between two points, or is found."""
    before, now = origin, look(t)
    for n in range(limit):
        if _too_high(now, origin) or (n > 1 and now.loss >= before.loss):
            return (before, now), n + 1, False
        if _flat(now, origin):
            return (now,), n + 1, True
        if now.slope >= 0:
            return (before, now), n + 1, False
        length = lowest(before, now, (now.t + 0.01 * (now.t - before.t), now.t * 10))
        before, now = now, look(length)
    return (origin, now), limit + 1, False


def _zoom(
    look: Callable[[float], Point], origin: Point, bracket: tuple[Point, ...], reach: float, limit: int
) -> tuple[Point, int]:
    """Narrows two points down to a good length between them."""
    low, high = sorted(bracket, key=lambda point: point.loss)
    evals, slow = 0, False
    while evals < limit and abs(high.t - low.t) * reach >= NARROW:
        left, right = sorted((low.t, high.t))
        t, slow = _inside(lowest(low, high), left, right, slow)
        now = look(t)
        evals += 1
        if _too_high(now, origin) or now.loss >= low.loss:
            low, high = sorted((low, now), key=lambda point: point.loss)
            continue
        if _flat(now, origin):
            return now, evals
        low, high = now, low if now.slope * (high.t - low.t) >= 0 else high
    return low, evals


def _inside(t: float, left: float, right: float, slow: bool) -> tuple[float, bool]:
    """A length that is not too near to an end: the second time in a row, or at an end, it is moved away from it."""
    edge = 0.1 * (right - left)
    if min(right - t, t - left) >= edge:
        return t, False
    if not slow and left < t < right:
        return t, True
    return (right - edge if abs(t - right) < abs(t - left) else left + edge), False


def lowest(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points with their slopes is lowest, within bounds (by default, between them)."""
    low, high = bounds or (min(a.t, b.t), max(a.t, b.t))
    if a.t > b.t:
        a, b = b, a
    middle = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t) if a.t != b.t else float("nan")
    square = middle**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    root = sqrt(square)
    divisor = b.slope - a.slope + 2 * root
    if divisor == 0:
        return (low + high) / 2
    return min(max(b.t - (b.t - a.t) * ((b.slope + root - middle) / divisor), low), high)
