"""Gradients at stated points: a row holds a function, points, and the gradient there of the sum of its results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from conformance.arrangement import LAYOUTS, possible
from conformance.case import Trial
from conformance.sample import tensor

DTYPES = ("float32", "float64")
REPEATS = 37
"""So often are the points of a row repeated, so that kernels for whole vectors meet each of them in every lane."""

Row = dict[str, str]


def evaluated(source: str, trial: Trial, **names: Any) -> Any:
    """A cell of the row, over the backend's namespace."""
    return eval(source.replace("\\|", "|"), {"torch": trial.namespace, "np": np, **names})


def slope(trial: Trial, function: Callable[[Any], Any], leaf: Any, scale: float) -> Any:
    """The gradient at `leaf`, with `scale` as the incoming gradient of every result."""
    leaf = leaf.detach().requires_grad_()
    result = function(leaf)
    result.backward(trial.namespace.full_like(result, scale))
    return leaf.grad


def check_points(row: Row, trial: Trial) -> None:
    """Element by element: alone and without dimensions, together, many at once, in another layout, and scaled."""
    points, gradient = (np.array(evaluated(row[name], trial), float) for name in ("x", "gradient"))
    function = evaluated(row["function"], trial)
    for dtype in DTYPES:
        with trial.case(dtype, call=row["function"], inputs=f"x = {row['x']}") as case:
            for point, want in zip(points, gradient, strict=True):
                got = slope(trial, function, tensor(trial, np.array(point), dtype), 1.0)
                case.close(got, np.array(want), dtype, name=f"gradient at {point} alone")
            case.close(slope(trial, function, tensor(trial, points, dtype), 2.0), gradient * 2, dtype, name="doubled")
            many, wanted = np.tile(points, REPEATS), np.tile(gradient, REPEATS)
            case.close(slope(trial, function, tensor(trial, many, dtype), 1.0), wanted, dtype, name="of many")
            for layout in ("stepped", "offset"):
                leaf = LAYOUTS[layout](trial, many, dtype)
                case.close(slope(trial, function, leaf, 1.0), wanted, dtype, name=f"of many, {layout}")


def check_whole(row: Row, trial: Trial) -> None:
    """Of a whole tensor: contiguous, in other layouts, and scaled."""
    points, gradient = (np.array(evaluated(row[name], trial), float) for name in ("x", "gradient"))
    function = evaluated(row["function"], trial)
    for dtype in DTYPES:
        with trial.case(dtype, call=row["function"], inputs=f"x = {row['x']}") as case:
            leaf = tensor(trial, points, dtype)
            case.close(slope(trial, function, leaf, 1.0), gradient, dtype, name="gradient")
            case.close(slope(trial, function, leaf, 2.0), gradient * 2, dtype, name="doubled")
            for layout in ("stepped", "transposed"):
                if possible(layout, points):
                    leaf = LAYOUTS[layout](trial, points, dtype)
                    case.close(slope(trial, function, leaf, 1.0), gradient, dtype, name=f"gradient, {layout}")


def check_second(row: Row, trial: Trial) -> None:
    """The gradient of the sum of the gradient; a gradient that does not depend on the point any more counts as zero."""
    torch = trial.namespace
    points, second = (np.array(evaluated(row[name], trial), float) for name in ("x", "second"))
    function = evaluated(row["function"], trial)
    for dtype in DTYPES:
        with trial.case(dtype, call=row["function"], inputs=f"x = {row['x']}") as case:
            x = tensor(trial, points, dtype).requires_grad_()
            (first,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
            got = torch.autograd.grad(first.sum(), x, allow_unused=True)[0] if first.requires_grad else None
            case.close(torch.zeros_like(x) if got is None else got, second, dtype, name="second derivative")


def check_loss(row: Row, trial: Trial) -> None:
    """The gradient of a loss of scores `x` and targets `y` between zero and one, against its formula."""
    rng = trial.generator("loss")
    x, y = rng.uniform(-3, 3, (5, 4)), rng.uniform(0.1, 0.9, (5, 4))
    want = evaluated(row["gradient"], trial, x=x, y=y)
    function = evaluated(row["function"], trial)
    with trial.case("float64", call=row["function"], inputs=f"x = {x.tolist()}, y = {y.tolist()}") as case:
        leaf, target = tensor(trial, x, "float64").requires_grad_(), tensor(trial, y, "float64")
        loss = function(leaf, target)
        case.equal("shape of the loss", tuple(loss.shape), ())
        (loss * 3).backward()
        case.close(leaf.grad, want * 3, "float64", 4.0, name="gradient")


def check_softmax(row: Row, trial: Trial) -> None:
    """The product of an incoming gradient with the Jacobian, against its formula."""
    rng = trial.generator("softmax")
    x, g = rng.uniform(-3, 3, (5, 4)), rng.uniform(-2, 2, (5, 4))
    s = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    want = evaluated(row["gradient"], trial, s=s, g=g)
    function = evaluated(row["function"], trial)
    with trial.case("float64", call=row["function"], inputs=f"x = {x.tolist()}, g = {g.tolist()}") as case:
        leaf = tensor(trial, x, "float64").requires_grad_()
        function(leaf).backward(tensor(trial, g, "float64"))
        case.within(leaf.grad, want, 1e-12, 1e-13, name="gradient")
