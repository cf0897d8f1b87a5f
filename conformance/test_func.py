"""Laws of the chapter func: forward and reverse agree, and a map is a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conformance.case import Trial

MAPPED: dict[str, Callable[[Any, Any, Any], Any]] = {
    "a * b + 2": lambda torch, a, b: a * b + 2,
    "a @ b": lambda torch, a, b: a @ b,
    "a.sum()": lambda torch, a, b: a.sum(),
    "a.mean(0)": lambda torch, a, b: a.mean(0),
    "a.amax(-1)": lambda torch, a, b: a.amax(-1),
    "a.t()": lambda torch, a, b: a.t(),
    "a.reshape(-1)": lambda torch, a, b: a.reshape(-1),
    "a[1, 2:]": lambda torch, a, b: a[1, 2:],
    "a.unsqueeze(0)": lambda torch, a, b: a.unsqueeze(0),
    "torch.cat([a, b])": lambda torch, a, b: torch.cat([a, b]),
    "torch.where(a > b, a, b)": lambda torch, a, b: torch.where(a > b, a, b),
    "a.softmax(1)": lambda torch, a, b: a.softmax(1),
    "a.cumsum(0)": lambda torch, a, b: a.cumsum(0),
    "a.argmax(1)": lambda torch, a, b: a.argmax(1),
    "a <= b": lambda torch, a, b: a <= b,
    "torch.tanh(a @ b).sum(0)": lambda torch, a, b: torch.tanh(a @ b).sum(0),
    "a.new_zeros(2) + a[0, 0]": lambda torch, a, b: a.new_zeros(2) + a[0, 0],
    "torch.zeros_like(a).add_(a)": lambda torch, a, b: torch.zeros_like(a).add_(a),
}


def composed(torch: Any, weight: Any) -> Callable[[Any], Any]:
    """A function of four numbers with three results, made of operations of many kinds."""

    def function(x: Any) -> Any:
        hidden = torch.tanh(weight @ x)
        parts = torch.stack([hidden[0] * x[1], (x * x).sum().sqrt(), torch.exp(-hidden).mean()])
        return parts + torch.where(x[:3] > 0, x[1:], x[:3] ** 2)

    return function


def composed_in_numpy(weight: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The same in NumPy."""

    def function(x: np.ndarray) -> np.ndarray:
        hidden = np.tanh(weight @ x)
        parts = np.array([hidden[0] * x[1], np.sqrt((x * x).sum()), np.exp(-hidden).mean()])
        return parts + np.where(x[:3] > 0, x[1:], x[:3] ** 2)

    return function


def setting(trial: Trial) -> tuple[Any, Callable[[Any], Any], Any, np.ndarray]:
    """The namespace, the composed function, a point, and the Jacobian there by central differences."""
    torch = trial.namespace
    random = trial.generator()
    weight, x = random.uniform(-1, 1, (3, 4)), np.array([0.7, -0.4, 1.3, 0.2])
    plain = composed_in_numpy(weight)
    step = 1e-6
    columns = [(plain(x + step * e) - plain(x - step * e)) / (2 * step) for e in np.eye(4)]
    return torch, composed(torch, tensor(trial, weight)), tensor(trial, x), np.stack(columns, 1)


def tensor(trial: Trial, array: np.ndarray) -> Any:
    """A float64 tensor of the values."""
    return trial.namespace.tensor(array.tolist(), dtype=trial.namespace.float64, device=trial.device)


@pytest.mark.clause("func.grad.agreement")
def test_gradient(trial: Trial) -> None:
    """`grad`, `torch.autograd.grad`, `jacrev` and `jacfwd` at one point."""
    with trial.case("sum of squares", call="grad(lambda x: (f(x) ** 2).sum())(x)") as case:
        torch, f, x, jacobian = setting(trial)
        value = trial.read(f(x))
        want = 2 * value @ jacobian
        case.within(torch.func.grad(lambda x: (f(x) ** 2).sum())(x), want, 1e-7, 1e-7)
        leaf = x.clone().requires_grad_()
        (g,) = torch.autograd.grad((f(leaf) ** 2).sum(), leaf)
        case.close(torch.func.grad(lambda x: (f(x) ** 2).sum())(x), trial.read(g), "float64", factor=64)
        case.within(torch.func.jacrev(f)(x), jacobian, 1e-7, 1e-7, name="jacrev")
        case.within(torch.func.jacfwd(f)(x), jacobian, 1e-7, 1e-7, name="jacfwd")


@pytest.mark.clause("func.jvp.agreement")
def test_products(trial: Trial) -> None:
    """Each product against the Jacobian by central differences, and both against each other."""
    with trial.case("both products", call="u · (J v) and (uᵀ J) · v") as case:
        torch, f, x, jacobian = setting(trial)
        random = trial.generator("vectors")
        u, v = random.uniform(-1, 1, 3), random.uniform(-1, 1, 4)
        value, forward = torch.func.jvp(f, (x,), (tensor(trial, v),))
        same, pull = torch.func.vjp(f, x)
        (backward,) = pull(tensor(trial, u))
        case.within(forward, jacobian @ v, 1e-7, 1e-7, name="J v")
        case.within(backward, u @ jacobian, 1e-7, 1e-7, name="uᵀ J")
        case.close(value, trial.read(same), "float64")
        left, right = float((tensor(trial, u) * forward).sum()), float((backward * tensor(trial, v)).sum())
        case.within(np.asarray(left), np.asarray(right), 1e-12, 1e-12, name="u · (J v)")


@pytest.mark.clause("func.dual.agreement")
def test_dual(trial: Trial) -> None:
    """One column of the Jacobian for each dual tensor along a unit vector."""
    with trial.case("columns", call="unpack_dual(f(make_dual(x, e))).tangent") as case:
        torch, f, x, jacobian = setting(trial)
        ad = torch.autograd.forward_ad
        leaf = x.clone().requires_grad_()
        rows = [torch.autograd.grad(y, leaf, retain_graph=True)[0] for y in f(leaf)]
        backward = np.stack([trial.read(row) for row in rows])
        for i, e in enumerate(np.eye(4)):
            with ad.dual_level():
                tangent = ad.unpack_dual(f(ad.make_dual(x, tensor(trial, e)))).tangent
            case.within(tangent, jacobian[:, i], 1e-7, 1e-7, name=f"column {i}")
            case.close(tangent, backward[:, i], "float64", factor=64, name=f"column {i} of backward mode")


@pytest.mark.clause("func.vmap.every")
def test_map_is_loop(trial: Trial) -> None:
    """Two batched operands, or one that all examples share; slices along the first or the last dimension."""
    torch = trial.namespace
    for call, function in MAPPED.items():
        with trial.case(call, call=f"vmap(lambda a, b: {call})") as case:
            random = trial.generator(call)
            a, b = (tensor(trial, random.uniform(-1, 1, (5, 4, 4))) for _ in range(2))

            def one(a: Any, b: Any, function: Callable[[Any, Any, Any], Any] = function) -> Any:
                return function(torch, a, b)

            loop = torch.stack([one(a[i], b[i]) for i in range(5)])
            same_kind(case, trial, torch.vmap(one)(a, b), loop, "both")
            loop = torch.stack([one(a[i], b[0]) for i in range(5)])
            same_kind(case, trial, torch.vmap(one, in_dims=(0, None))(a, b[0]), loop, "first")
            loop = torch.stack([one(a[i], b[i]) for i in range(5)], -1)
            found = torch.vmap(one, in_dims=(2, 0), out_dims=-1)(a.permute(1, 2, 0), b)
            same_kind(case, trial, found, loop, "last dimension")


def same_kind(case: Any, trial: Trial, got: Any, want: Any, name: str) -> None:
    """Shape, dtype and values."""
    case.equal(f"dtype, {name}", got.dtype, want.dtype)
    if want.dtype == trial.namespace.float64:
        case.close(got, trial.read(want), "float64", factor=16, name=f"values, {name}")
    else:
        case.same(got, want, f"values, {name}")
