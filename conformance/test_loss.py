"""Laws of the chapter loss: its rows, modules against functions, and two definitions that are programs."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from scipy import special

from conformance.case import Case, Trial
from conformance.law import gradient, layout, result, value
from conformance.operation import Operation
from conformance.sample import tensor

Row = dict[str, str]
Arrays = dict[str, np.ndarray]
DTYPES = ("float32", "float64")
STEP = 1e-6


@pytest.mark.clause("@operation")
def test_value(operation: Operation, trial: Trial) -> None:
    """The call gives what the row's formula gives, in every dtype."""
    value.check(operation, trial)


@pytest.mark.clause("loss.dtype", rows="gives_tensors")
def test_dtype(operation: Operation, trial: Trial) -> None:
    """The dtype of the result follows the row's rule."""
    result.check(operation, trial)


@pytest.mark.clause("loss.layout", rows="may_be_strided")
def test_layout(operation: Operation, trial: Trial) -> None:
    """Operands in any memory layout give what contiguous ones give."""
    layout.check(operation, trial)


@pytest.mark.clause("loss.gradient", rows="differentiable")
def test_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient is the central difference of the formula."""
    gradient.check(operation, trial)


@pytest.mark.clause("loss.gradient.second", rows="twice_differentiable")
def test_second_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient of the gradient is the second difference of the formula."""
    gradient.check_second(operation, trial)


@pytest.mark.clause("loss.gradient.complex", rows="complex_differentiable")
def test_complex_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient to complex operands, by both of their parts."""
    gradient.check_complex(operation, trial)


def operands(trial: Trial) -> Arrays:
    """What modules are called with, by name: four rows of three classes."""
    rng = trial.generator()
    tenths = rng.permutation(np.arange(-20, 20)) / 10
    sign = np.array([[1, -1, 1], [-1, 1, 1], [1, 1, -1], [-1, -1, 1]])
    return {
        "x": tenths[:12].reshape(4, 3) + 0.0314,
        "y": tenths[12:24].reshape(4, 3) + 0.0718,
        "z": tenths[24:36].reshape(4, 3) + 0.0549,
        "p": rng.permutation(np.linspace(0.11, 0.87, 12)).reshape(4, 3),
        "q": rng.permutation(np.linspace(0.13, 0.91, 12)).reshape(4, 3),
        "counts": rng.permutation(np.linspace(0.37, 4.21, 12)).reshape(4, 3),
        "t": np.array([2, 0, 1, 2]),
        "s": sign,
        "u": sign[:, 0],
        "named": np.array([[1, -1, 0], [2, 0, -1], [0, 1, 2], [-1, 2, 2]]),
    }


def made(trial: Trial, words: str, dtype: str) -> list[Any]:
    """The operands that are named, as leaves where they are floating; signs are floating constants."""
    values, found = operands(trial), []
    for word in words.split():
        name = word.removeprefix("constant:")
        whole = name in ("t", "named")
        one = tensor(trial, values[name], "int64" if whole else dtype)
        found.append(one if whole or name in ("s", "u") else one.requires_grad_())
    return found


def evaluated(row: Row, column: str, trial: Trial) -> Any:
    """A cell of the row."""
    return eval(row[column], {"torch": trial.namespace, "partial": partial})


def gradients(outcome: Any, leaves: list[Any], trial: Trial) -> list[Any]:
    """What flows to each leaf from a weighted result."""
    weights = np.linspace(0.5, 1.5, max(1, outcome.numel())).reshape(tuple(outcome.shape))
    (outcome * tensor(trial, weights, str(outcome.dtype).removeprefix("torch."))).sum().backward()
    return [leaf.grad for leaf in leaves if leaf.requires_grad]


@pytest.mark.clause("loss.module")
def test_module(row: Row, trial: Trial) -> None:
    """Each reduction, in both floating dtypes, with the module's weights moved along."""
    torch = trial.namespace
    make, function = evaluated(row, "module", trial), evaluated(row, "function", trial)
    for dtype, reduction in itertools.product(DTYPES, ("none", "mean", "sum")):
        with trial.case(f"{dtype} {reduction}", call=row["module"]) as case:
            module = make(torch.nn, reduction=reduction).to(getattr(torch, dtype))
            case.equal("parameters", list(module.parameters()), [])
            mine, theirs = made(trial, row["operands"], dtype), made(trial, row["operands"], dtype)
            bound = function(torch.nn.functional, reduction=reduction)
            keywords = {
                name: one.to(getattr(torch, dtype)) if trial.is_tensor(one) else one
                for name, one in bound.keywords.items()
            }
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the mean of a divergence is warned of
                got, want = module(*mine), partial(bound.func, **keywords)(*theirs)
            case.same(got, want)
            case.equal("dtype", got.dtype, getattr(torch, dtype))
            shape = {"none": got.shape}.get(reduction, ())
            case.equal("shape", tuple(got.shape), tuple(shape))
            for one, other in zip(gradients(got, mine, trial), gradients(want, theirs, trial), strict=True):
                case.same(one, other, name="gradient")


def slopes(value_of: Callable[[list[np.ndarray]], float], arrays: list[np.ndarray], which: int) -> np.ndarray:
    """Central differences of a number to every element of one operand."""
    found = np.zeros(arrays[which].shape)
    for index in np.ndindex(found.shape):
        ends = []
        for step in (STEP, -STEP):
            moved = [array.copy() for array in arrays]
            moved[which][index] += step
            ends.append(value_of(moved))
        found[index] = (ends[0] - ends[1]) / (2 * STEP)
    return found


@pytest.mark.clause("loss.module.gradient")
def test_module_gradient(row: Row, trial: Trial) -> None:
    """In double precision, every floating operand that is no constant of the module."""
    torch = trial.namespace
    with trial.case("float64", call=row["module"]) as case:
        module = evaluated(row, "module", trial)(torch.nn).double()
        leaves = made(trial, row["operands"], "float64")
        arrays = [trial.read(leaf.detach()) for leaf in leaves]
        got = gradients(module(*leaves), leaves, trial)

        def value_of(moved: list[np.ndarray]) -> float:
            taken = [tensor(trial, array, str(array.dtype)) for array in moved]
            return 0.5 * float(module(*taken))

        places = [i for i, leaf in enumerate(leaves) if leaf.requires_grad]
        case.equal("gradients", len(got) > 0, True)
        for place, grad in zip(places, got, strict=True):
            want = slopes(value_of, arrays, place)
            case.holds(f"gradient {place} is there", bool(np.any(want)), "not zero", "zero")
            case.within(grad, want, 1e-6, 1e-6, name=f"gradient {place}")


@cache
def paths(steps: int, classes: int, target: tuple[int, ...], blank: int) -> np.ndarray:
    """The paths that say the target, once repetitions are joined and blanks taken out: `(paths, steps)`."""
    found = []
    for path in itertools.product(range(classes), repeat=steps):
        if tuple(label for label, _ in itertools.groupby(path) if label != blank) == target:
            found.append(path)
    return np.array(found, np.int64).reshape(len(found), steps)


def by_paths(logs: np.ndarray, target: tuple[int, ...], blank: int) -> float:
    """Minus the logarithm of the sum over all paths that say the target."""
    steps, classes = logs.shape
    scores = logs[np.arange(steps), paths(steps, classes, target, blank)].sum(1)
    with np.errstate(divide="ignore"):
        return float(-np.log(np.exp(scores).sum()))


TARGETS = ((), (0,), (1,), (0, 1), (1, 1), (0, 1, 0), (1, 1, 1))
"""Labels other than the blank, counted without it."""


@pytest.mark.clause("loss.ctc.paths")
def test_paths(trial: Trial) -> None:
    """Three classes and at most four steps, each class as the blank, each length, values and gradients."""
    torch = trial.namespace
    rng = trial.generator()
    for blank in (0, 1, 2):
        labels = [label for label in range(3) if label != blank]
        targets = [tuple(labels[i] for i in target) for target in TARGETS]
        x = rng.integers(-8, 9, (4, len(targets), 3)) / 4
        logs = special.log_softmax(x, 2)
        rows = np.array([[*target, *[labels[0]] * (3 - len(target))] for target in targets])
        times = [1 + i % 4 for i in range(len(targets))]
        for more in (0, 3):
            length = [min(4, time + more) for time in times]
            call = f"ctc_loss of times {length}, blank {blank}"
            with trial.case(f"blank {blank}, {length}", call=call, inputs=f"targets = {targets}") as case:
                want = [
                    by_paths(logs[:t, i], target, blank)
                    for i, (t, target) in enumerate(zip(length, targets, strict=True))
                ]
                leaf = tensor(trial, x, "float64").requires_grad_()
                sizes = [len(target) for target in targets]
                loss = torch.nn.functional.ctc_loss(
                    torch.log_softmax(leaf, 2), tensor(trial, rows, "int64"), length, sizes, blank, "none", True
                )
                finite = np.where(np.isfinite(want), want, 0.0)
                case.within(loss, finite, 1e-12, 1e-12)
                loss.sum().backward()
                check_path_gradient(case, leaf.grad, x, targets, length, blank)


def check_path_gradient(
    case: Case, grad: Any, x: np.ndarray, targets: list[tuple[int, ...]], times: list[int], blank: int
) -> None:
    """Central differences of the sum over paths, sequence by sequence; none where the target is impossible."""
    want = np.zeros(x.shape)
    for i, target in enumerate(targets):
        span = x[: times[i], i]
        if not np.isfinite(by_paths(special.log_softmax(span, 1), target, blank)):
            continue
        for place in np.ndindex(span.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = span.copy()
                moved[place] += step
                ends.append(by_paths(special.log_softmax(moved, 1), target, blank))
            want[(place[0], i, place[1])] = (ends[0] - ends[1]) / 2e-5
    case.within(grad, want, 1e-6, 1e-6, name="gradient")


@pytest.mark.clause("loss.adaptive")
def test_adaptive(trial: Trial) -> None:
    """With and without a bias of the head, for targets in every cluster and in some, values and gradients."""
    torch = trial.namespace
    rng = trial.generator()
    for bias, wanted in itertools.product((False, True), ([0, 4, 1, 9, 5, 2], [1, 0, 1], [9, 8], [3])):
        with trial.case(
            f"bias {bias}, targets {wanted}", call="AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], 2.0)"
        ) as case:
            module = torch.nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2.0, head_bias=bias).double()
            x = rng.normal(size=(len(wanted), 8))
            want = whole(trial, module, x)
            leaf = tensor(trial, x, "float64").requires_grad_()
            case.within(module.log_prob(leaf), want, 1e-12, 1e-12, name="log_prob")
            case.within(
                np.exp(trial.read(module.log_prob(leaf).detach())).sum(1), np.ones(len(x)), 1e-12, 0.0, name="sum"
            )
            output, loss = module(leaf, tensor(trial, np.array(wanted), "int64"))
            chosen = want[np.arange(len(wanted)), wanted]
            case.within(output, chosen, 1e-12, 1e-12, name="output")
            case.within(loss, -chosen.mean(), 1e-12, 1e-12, name="loss")
            case.same(module.predict(leaf), want.argmax(1), name="predict")
            (direct,) = torch.autograd.grad(module.log_prob(leaf)[range(len(wanted)), wanted].mean(), leaf)
            loss.backward()
            case.within(-leaf.grad, trial.read(direct), 1e-12, 1e-12, name="gradient")


def whole(trial: Trial, module: Any, x: np.ndarray) -> np.ndarray:
    """The logarithms of the probabilities of all classes, from the weights."""
    weights = {name: trial.read(one.detach()) for name, one in module.named_parameters()}
    head = special.log_softmax(x @ weights["head.weight"].T + weights.get("head.bias", 0.0), 1)
    parts = [head[:, :3]]
    for i in (0, 1):
        scores = x @ weights[f"tail.{i}.0.weight"].T @ weights[f"tail.{i}.1.weight"].T
        parts.append(special.log_softmax(scores, 1) + head[:, 3 + i, None])
    return np.concatenate(parts, 1)
