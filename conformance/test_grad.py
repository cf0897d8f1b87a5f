"""Laws of the chapter grad: derivatives of every order against differences and formulas, and what gradcheck finds."""

from __future__ import annotations

import math
import warnings
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law.derivative import NUMBERS, VECTORS, hessian, jacobian, slope
from conformance.law.threads import together

POINTS = (np.array([0.5, -0.75, 1.25]), np.array([-1.5, 2.0, 0.25]))
WITHIN = (1e-6, 1e-7)
SECOND_WITHIN = (1e-5, 1e-6)


def leaf(trial: Trial, array: Any, dtype: str = "float64") -> Any:
    """A leaf of float64 that requires grad."""
    torch = trial.namespace
    return torch.tensor(np.asarray(array).tolist(), dtype=getattr(torch, dtype), requires_grad=True)


def constant(trial: Trial, array: Any) -> Any:
    """A tensor of float64."""
    return leaf(trial, array).detach()


@pytest.mark.clause("grad.batch.loop")
def test_batch(trial: Trial) -> None:
    """Row by row: the weighted sum of the rows of the Jacobian."""
    torch = trial.namespace
    for name, function in VECTORS.items():
        with trial.case(name, call=f"torch.autograd.grad({name}, x, B, is_grads_batched=True)") as case:
            x = leaf(trial, POINTS[0])
            y = function(torch, x)
            weights = trial.generator(name).uniform(-1, 1, (5, y.numel()))
            (batch,) = torch.autograd.grad(y, x, constant(trial, weights), is_grads_batched=True, retain_graph=True)
            case.within(batch, weights @ jacobian(function, POINTS[0]), *WITHIN, name="batch")
            for i, row in enumerate(weights):
                (g,) = torch.autograd.grad(y, x, constant(trial, row), retain_graph=True)
                case.within(batch[i], trial.read(g), 1e-12, 1e-12, name=f"row {i}")


@pytest.mark.clause("grad.higher.tanh")
def test_tanh(trial: Trial) -> None:
    """The first three derivatives of tanh, by t = tanh: 1 - t², -2 t (1 - t²), -2 (1 - t²) (1 - 3 t²)."""
    values = np.array([-1.5, -0.25, 0.0, 0.5, 2.0])
    t = np.tanh(values)
    wants = (1 - t**2, -2 * t * (1 - t**2), -2 * (1 - t**2) * (1 - 3 * t**2))
    with trial.case("tanh", call="grad of grad of grad of x.tanh()", inputs=f"x = {values.tolist()}") as case:
        x = leaf(trial, values)
        y = x.tanh()
        for order, want in enumerate(wants, 1):
            (y,) = trial.namespace.autograd.grad(y.sum(), x, create_graph=True)
            case.within(y, want, 1e-12, 1e-12, name=f"derivative {order}")


Formula = tuple[Callable[[Any, Any], Any], Callable[[np.ndarray, int], np.ndarray]]
FORMULAS: dict[str, Formula] = {
    "exp(-x^2/2)": (
        lambda lib, x: lib.exp(-x * x / 2),
        lambda x, n: (-1) ** n * np.polynomial.hermite_e.hermeval(x, [0] * n + [1]) * np.exp(-x * x / 2),
    ),
    "sin(3x + 1)": (lambda lib, x: lib.sin(3 * x + 1), lambda x, n: 3**n * np.sin(3 * x + 1 + n * math.pi / 2)),
    "1 / (4 + x)": (lambda lib, x: 1 / (4 + x), lambda x, n: (-1) ** n * math.factorial(n) / (4 + x) ** (n + 1)),
    "x^5": (lambda lib, x: x**5, lambda x, n: math.perm(5, n) * x ** (5 - n)),
    "x exp(x)": (lambda lib, x: x * lib.exp(x), lambda x, n: (x + n) * np.exp(x)),
    "log(4 + x)": (
        lambda lib, x: lib.log(4 + x),
        lambda x, n: -((-1) ** n) * math.factorial(n - 1) / (4 + x) ** n,
    ),
}
"""A function, and its derivative of order n. The first by the polynomials of Hermite."""


@pytest.mark.clause("grad.higher.every")
def test_orders(trial: Trial) -> None:
    """Each order is the gradient of the sum of the one before it."""
    values = np.array([-1.25, -0.5, 0.75, 2.0])
    for name, (function, formula) in FORMULAS.items():
        with trial.case(name, call=f"{name}, differentiated four times", inputs=f"x = {values.tolist()}") as case:
            x = leaf(trial, values)
            y = function(trial.namespace, x)
            for order in range(1, 5):
                (y,) = trial.namespace.autograd.grad(y.sum(), x, create_graph=True)
                case.within(y, formula(values, order), 1e-10, 1e-10, name=f"derivative {order}")


W1 = np.array([[0.5, -1.0, 0.25], [1.5, 0.75, -0.5]])
W2 = np.array([[1.0], [-2.0], [0.5]])


@pytest.mark.clause("grad.higher.penalty")
def test_penalty(trial: Trial) -> None:
    """The norm of d sum(tanh(x W1) W2) / dx = ((1 - tanh²(x W1)) W2ᵀ) W1ᵀ is to be one (Gulrajani et al., "Improved
    Training of Wasserstein GANs", 2017)."""
    torch, rows = trial.namespace, np.array([[0.5, -1.0], [0.25, 0.75]])

    def penalty(w1: np.ndarray, w2: np.ndarray) -> float:
        slopes = ((1 - np.tanh(rows @ w1) ** 2) * w2.T) @ w1.T
        return float(np.mean((np.sqrt((slopes**2).sum(1)) - 1) ** 2))

    with trial.case("two layers", call="((grad(tanh(x @ w1) @ w2, x).norm(dim=1) - 1) ** 2).mean().backward()") as case:
        x, w1, w2 = leaf(trial, rows), leaf(trial, W1), leaf(trial, W2)
        (g,) = torch.autograd.grad((torch.tanh(x @ w1) @ w2).sum(), x, create_graph=True)
        loss = ((g.norm(dim=1) - 1) ** 2).mean()
        loss.backward()
        case.within(loss, np.asarray(penalty(W1, W2)), 1e-12, 1e-12, name="loss")
        case.within(w1.grad, slope(lambda w: penalty(w, W2), W1), *WITHIN, name="w1.grad")
        case.within(w2.grad, slope(lambda w: penalty(W1, w), W2), *WITHIN, name="w2.grad")


@pytest.mark.clause("grad.higher.inner-step")
def test_inner_step(trial: Trial) -> None:
    """The gradient of an outer loss at ``w - rate * inner'(w)`` (Finn et al., "Model-Agnostic Meta-Learning", 2017)."""
    torch, rate = trial.namespace, 0.5
    data, target = np.array([[1.0, 0.5], [-0.5, 2.0], [0.25, 1.0]]), np.array([0.5, -1.0, 0.25])

    def outer(w: np.ndarray) -> float:
        for _ in range(2):
            t = np.tanh(data @ w)
            w = w - rate * 2 / 3 * data.T @ ((t - target) * (1 - t**2))
        return float(((data @ w + target) ** 2).sum())

    start = np.array([0.75, -0.25])
    with trial.case("two inner steps", call="w = w - 0.5 * grad(inner(w), w, create_graph=True)") as case:
        w = leaf(trial, start)
        x, y = constant(trial, data), constant(trial, target)
        fast = w
        for _ in range(2):
            (g,) = torch.autograd.grad(((torch.tanh(x @ fast) - y) ** 2).mean(), fast, create_graph=True)
            fast = fast - rate * g
        ((x @ fast + y) ** 2).sum().backward()
        case.within(w.grad, slope(outer, start), *WITHIN, name="w.grad")


class Mark:
    """A hook that does nothing; a weak reference to it tells whether its graph is there."""

    def __call__(self, grad: Any) -> None:
        """Leave the gradient as it is."""


@pytest.mark.clause("grad.higher.lifetime")
def test_released(trial: Trial) -> None:
    """A gradient of a gradient keeps the first graph alive, and nothing else does."""
    torch = trial.namespace
    with trial.case("x^3", call="grad of grad of (x * x * x).sum(), then its names are deleted") as case:
        x, mark = leaf(trial, [1.0, 2.0]), Mark()
        alive = weakref.ref(mark)
        y = x * x * x
        y.register_hook(mark)
        (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), x, create_graph=True)
        case.same(second, np.array([6.0, 12.0]), "second derivative")
        del mark
        case.equal("alive with its result", alive() is not None, True)
        del y, first, second
        case.equal("alive without", alive() is not None, False)


@pytest.mark.clause("grad.jacobian.formula")
def test_jacobian(trial: Trial) -> None:
    """Every column against differences, with and without `vectorize`."""
    for name, function in VECTORS.items():
        for point in POINTS:
            with trial.case(name, call=f"jacobian({name}, x)", inputs=f"x = {point.tolist()}") as case:
                for vectorize in (False, True):
                    got = trial.namespace.autograd.functional.jacobian(
                        lambda x, f=function: f(trial.namespace, x), constant(trial, point), vectorize=vectorize
                    )
                    case.within(got, jacobian(function, point), *WITHIN, name=f"vectorize={vectorize}")


@pytest.mark.clause("grad.hessian.formula")
def test_hessian(trial: Trial) -> None:
    """Every pair against differences, with and without `vectorize`."""
    for name, function in NUMBERS.items():
        for point in POINTS:
            with trial.case(name, call=f"hessian({name}, x)", inputs=f"x = {point.tolist()}") as case:
                for vectorize in (False, True):
                    got = trial.namespace.autograd.functional.hessian(
                        lambda x, f=function: f(trial.namespace, x), constant(trial, point), vectorize=vectorize
                    )
                    case.within(got, hessian(function, point), *SECOND_WITHIN, name=f"vectorize={vectorize}")
                    case.within(got.t(), trial.read(got), 1e-12, 1e-12, name="symmetry")


@pytest.mark.clause("grad.vhp.formula")
def test_products(trial: Trial) -> None:
    """Each product against the matrix from differences."""
    functional = trial.namespace.autograd.functional
    for name, function in (VECTORS | NUMBERS).items():
        point = POINTS[1]
        with trial.case(name, call=f"products of {name} with vectors", inputs=f"x = {point.tolist()}") as case:
            x, matrix = constant(trial, point), jacobian(function, point)
            rng = trial.generator(name)
            left, right = rng.uniform(-1, 1, matrix.shape[:-1]), rng.uniform(-1, 1, 3)

            def call(x: Any, f: Any = function) -> Any:
                return f(trial.namespace, x)

            value, product = functional.vjp(call, x, constant(trial, left))
            case.within(value, np.asarray(function(np, point)), 1e-12, 1e-12, name="value")
            case.within(product, left @ matrix if left.ndim else left * matrix, *WITHIN, name="vjp")
            case.within(functional.jvp(call, x, constant(trial, right))[1], matrix @ right, *WITHIN, name="jvp")
            for kind in ("vhp", "hvp") if name in NUMBERS else ():
                got = getattr(functional, kind)(call, x, constant(trial, right))[1]
                case.within(got, hessian(function, point) @ right, *SECOND_WITHIN, name=kind)


@pytest.mark.clause("grad.check.error")
def test_error(trial: Trial) -> None:
    """A class of its own below RuntimeError."""
    check = trial.namespace.autograd.gradcheck
    with trial.case("x * x.detach()", call="gradcheck(lambda x: x * x.detach(), x)") as case:
        x = leaf(trial, [1.0, 2.0])
        case.equal("right", check(lambda x: x * x, x), True)
        error: Exception | None = None
        try:
            check(lambda x: x * x.detach(), x)
        except Exception as raised:
            error = raised
        case.equal("class", type(error).__name__, "GradcheckError")
        case.equal("a RuntimeError", isinstance(error, RuntimeError), True)
        text = str(error)
        for words in ("Jacobian mismatch for output 0 with respect to input 0", "numerical:", "analytical:"):
            case.holds(words, words in text, want=words, got=text)


@pytest.mark.clause("grad.check.repeated")
def test_repeated(trial: Trial) -> None:
    """A backward that adds up what it adds."""
    torch = trial.namespace
    count = [0]

    class Drifting(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            count[0] += 1
            return grad * (2 + 1e-9 * count[0])

    with trial.case("drifting", call="gradcheck of a backward that gives another factor each time") as case:
        x = leaf(trial, [1.0, 2.0])
        case.equal("backward", trial.read(torch.autograd.grad(Drifting.apply(x).sum(), x)[0]).round(6).tolist(), [2, 2])
        with case.raises("RuntimeError", "Backward is not reentrant"):
            torch.autograd.gradcheck(Drifting.apply, x)
        case.equal("tolerated", torch.autograd.gradcheck(Drifting.apply, x, nondet_tol=1e-6), True)


@pytest.mark.clause("grad.check.undefined")
def test_undefined(trial: Trial) -> None:
    """Without materialised gradients, None arrives for an output that has none."""
    torch = trial.namespace

    class Demanding(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            if grad is None:
                raise RuntimeError("cannot do without")
            return grad * 2

    with (
        trial.case("demanding", call="gradcheck of a backward that refuses None") as case,
        warnings.catch_warnings(action="ignore"),  # of the check itself, which is newer than others
    ):
        x = leaf(trial, [1.0, 2.0])
        with case.raises("RuntimeError", "Expected backward function to handle undefined output grads."):
            torch.autograd.gradcheck(Demanding.apply, x)
        case.equal("no exception", torch.autograd.gradcheck(Demanding.apply, x, raise_exception=False), False)
        case.equal("left out", torch.autograd.gradcheck(Demanding.apply, x, check_undefined_grad=False), True)


def told(run: Callable[[], Any]) -> tuple[str, list[str]]:
    """What a call raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            run()
        except RuntimeError as error:
            return str(error), [str(entry.message) for entry in caught]
    return "no exception", [str(entry.message) for entry in caught]


def holds(case: Case, texts: list[str], *words: str) -> None:
    """One of the texts has all of the words."""
    found = any(all(word in text for word in words) for text in texts)
    case.holds("warning", found, want=" … ".join(words), got=" | ".join(texts) or "no warning")


def take_root(x: Any) -> Any:
    """A function whose name a traceback tells."""
    return x.sqrt()


@pytest.mark.clause("grad.anomaly.trace")
def test_trace(trial: Trial) -> None:
    """The traceback ends in the function that called the operation."""
    torch = trial.namespace
    with trial.case("sqrt", call="take_root(x) * 0.0, backward, in anomaly mode") as case:
        x = leaf(trial, [0.0, 4.0])
        with torch.autograd.set_detect_anomaly(True):
            y = (take_root(x) * 0.0).sum()
            error, texts = told(lambda: torch.autograd.grad(y, x))
        case.equal("raised", error, "Function 'SqrtBackward0' returned nan values in its 0th output.")
        words = "Error detected in SqrtBackward0.", "Traceback of forward call that caused the error", "in take_root"
        holds(case, texts, *words)


@pytest.mark.clause("grad.anomaly.threads")
def test_anomaly_in_threads(trial: Trial) -> None:
    """Switched on here, and NaN found there."""
    torch = trial.namespace
    with trial.case("sqrt", call="(x.sqrt() * 0.0).sum() differentiated in a thread") as case:
        x = leaf(trial, [0.0, 4.0])
        for on, want in ((True, "SqrtBackward0"), (False, "no exception")):
            with torch.autograd.set_detect_anomaly(on):
                work = partial(told, lambda: torch.autograd.grad((x.sqrt() * 0.0).sum(), x))
                (state, (error, _)) = together([torch.is_anomaly_enabled, work])
            case.equal("is_anomaly_enabled there", state, on)
            case.holds("raised there", want in error, want=want, got=error)


@pytest.mark.clause("grad.anomaly.trace-missing")
def test_trace_missing(trial: Trial) -> None:
    """The graph was recorded outside."""
    torch = trial.namespace
    with trial.case("sqrt", call="take_root(x) * 0.0; backward in anomaly mode") as case:
        x = leaf(trial, [0.0, 4.0])
        y = (take_root(x) * 0.0).sum()
        with torch.autograd.set_detect_anomaly(True):
            error, texts = told(lambda: torch.autograd.grad(y, x))
        case.holds("raised", "SqrtBackward0" in error, want="SqrtBackward0", got=error)
        holds(case, texts, "Error detected in SqrtBackward0.", "No forward pass information available.")


@pytest.mark.clause("grad.anomaly.trace-induced")
def test_trace_induced(trial: Trial) -> None:
    """The gradient of x^1.5 is recorded; the gradient of that is zero times infinity at zero."""
    torch = trial.namespace

    def raised(x: Any) -> Any:
        return x**1.5

    with trial.case("x^1.5", call="grad of grad of x ** 1.5 in anomaly mode") as case:
        x = leaf(trial, [0.0, 4.0])
        with torch.autograd.set_detect_anomaly(True):
            (g,) = torch.autograd.grad(raised(x).sum(), x, create_graph=True)
            error, texts = told(lambda: torch.autograd.grad((g * 0.0).sum(), x))
        case.holds("raised", "PowBackward0" in error, want="PowBackward0", got=error)
        holds(case, texts, "Error detected in PowBackward0.")
        holds(case, texts, "Previous calculation was induced by PowBackward0.", "in raised")


@pytest.mark.clause("grad.anomaly.trace-changed")
def test_trace_modified(trial: Trial) -> None:
    """The hint points to the traceback, and no longer to anomaly mode."""
    torch = trial.namespace
    with trial.case("sqrt", call="y = take_root(x); y.add_(1); backward") as case:
        for on, hint in (
            (False, "enable anomaly detection"),
            (True, "the backtrace further above shows the operation"),
        ):
            x = leaf(trial, [1.0, 4.0])
            with torch.autograd.set_detect_anomaly(on):
                y = take_root(x)
                y.add_(1)
                error, texts = told(lambda y=y: y.sum().backward())  # type: ignore[misc]
            case.holds("hint", f"Hint: {hint}" in error, want=f"Hint: {hint}", got=error)
            if on:
                holds(case, texts, "Error detected in SqrtBackward0.", "in take_root")
            else:
                case.equal("warnings", texts, [])


def result_of(outcome: Any) -> Any:
    """What a thread returned; what it raised is raised here."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@pytest.mark.clause("grad.thread.worker")
def test_worker(trial: Trial) -> None:
    """Recorded here and run there; recorded there and run here; both there."""
    torch = trial.namespace
    with trial.case("recorded here", call="y = (x ** 3).sum() here, y.backward() in a thread") as case:
        x = leaf(trial, [1.0, 2.0])
        y = (x**3).sum()
        (outcome,) = together([y.backward])
        result_of(outcome)
        case.same(x.grad, np.array([3.0, 12.0]), "x.grad")
    with trial.case("recorded there", call="y = (x ** 3).sum() in a thread, y.backward() here") as case:
        x = leaf(trial, [1.0, 2.0])
        (outcome,) = together([lambda: (x**3).sum()])
        result_of(outcome).backward()
        case.same(x.grad, np.array([3.0, 12.0]), "x.grad")
    with trial.case("both there", call="torch.autograd.grad((x ** 3).sum(), x) in a thread") as case:
        x = leaf(trial, [1.0, 2.0])
        (outcome,) = together([lambda: torch.autograd.grad((x**3).sum(), x)])
        case.same(result_of(outcome)[0], np.array([3.0, 12.0]), "gradient")


@pytest.mark.clause("grad.thread.shared")
def test_shared(trial: Trial) -> None:
    """Whole numbers, so that every order of additions gives the same sum."""
    with trial.case("four threads", call="50 times ((x * x) * i).sum().backward() in thread i") as case:
        x = leaf(trial, np.arange(8.0))

        def work(factor: int) -> None:
            for _ in range(50):
                ((x * x) * factor).sum().backward()

        for outcome in together([lambda i=i: work(i) for i in range(1, 5)]):  # type: ignore[misc]
            result_of(outcome)
        case.same(x.grad, 50 * (1 + 2 + 3 + 4) * 2 * np.arange(8.0), "x.grad")


@pytest.mark.clause("grad.thread.retained")
def test_retained(trial: Trial) -> None:
    """Each thread gets the gradient that it gave the weight of."""
    torch = trial.namespace
    with trial.case("four threads", call="20 times torch.autograd.grad(y, x, v, retain_graph=True)") as case:
        x = leaf(trial, POINTS[0])
        y = x
        for _ in range(20):
            y = y * x.tanh() + x
        (want,) = torch.autograd.grad(y, x, torch.ones_like(y), retain_graph=True)
        weights = [torch.ones_like(y) * 2**i for i in range(4)]

        def work(v: Any) -> list[Any]:
            return [torch.autograd.grad(y, x, v, retain_graph=True)[0] for _ in range(20)]

        for i, outcome in enumerate(together([lambda v=v: work(v) for v in weights])):  # type: ignore[misc]
            for got in result_of(outcome):
                case.same(got, trial.read(want) * 2**i, f"thread {i}")


@pytest.mark.clause("grad.thread.second")
def test_second_in_thread(trial: Trial) -> None:
    """`create_graph` holds for the thread that asks for it."""
    torch = trial.namespace

    def work() -> Any:
        (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        return torch.autograd.grad((g * g).sum(), x)[0]

    def plain() -> Any:
        return torch.autograd.grad((x**3).sum(), x)[0].requires_grad

    with trial.case("two threads", call="grad of grad of (x ** 3).sum(), beside plain gradients") as case:
        x = leaf(trial, [1.0, 2.0])
        second, first = together([work, plain])
        case.same(result_of(second), np.array([36.0, 288.0]), "second derivative of 9 x^4")
        case.equal("the other gradient requires grad", result_of(first), False)


@pytest.mark.clause("grad.thread.exception")
def test_error_in_thread(trial: Trial) -> None:
    """One thread runs a graph a second time, the other a graph of its own."""
    with trial.case("two threads", call="a second backward, beside a first one") as case:
        x, w = leaf(trial, [1.0, 2.0]), leaf(trial, [3.0, 5.0])
        y, z = (x * x).sum(), (w * w).sum()
        y.backward()
        failed, passed = together([y.backward, z.backward])
        result_of(passed)
        with case.raises("RuntimeError", "Trying to backward through the graph a second time"):
            result_of(failed)
        case.same(x.grad, np.array([2.0, 4.0]), "x.grad")
        case.same(w.grad, np.array([6.0, 10.0]), "w.grad")
