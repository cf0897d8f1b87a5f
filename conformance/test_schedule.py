"""Laws of the chapter schedule: rates over many epochs, metrics at random, and states that are carried over."""

from __future__ import annotations

import copy
import math
import weakref
from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law.lifetime import without_collector

EPOCHS = 75
RATES = (0.5, 0.3, 2.0)
Row = dict[str, str]


def evaluated(source: str, trial: Trial) -> Any:
    """A cell of the row."""
    return eval(source, {"torch": trial.namespace, "np": np})


def optimizer(trial: Trial, rates: tuple[float, ...], tensors: bool = False) -> Any:
    """Stochastic gradient descent with a group for each rate, which is a number or a tensor of double precision."""
    torch = trial.namespace
    groups = [
        {
            "params": [torch.zeros(1, requires_grad=True)],
            "lr": torch.tensor(rate, dtype=torch.float64) if tensors else rate,
        }
        for rate in rates
    ]
    return torch.optim.SGD(groups, lr=1.0, momentum=0.5)


def rates_of(opt: Any) -> list[float]:
    """The rate of each group as a number."""
    return [float(group["lr"]) for group in opt.param_groups]


def close(case: Case, name: str, got: list[float], want: list[float]) -> None:
    """Numbers that agree but for rounding, after many products."""
    ok = len(got) == len(want) and all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in zip(got, want, strict=True)
    )
    case.holds(name, ok, str(want), str(got))


@pytest.mark.clause("schedule.formula")
def test_formula(row: Row, trial: Trial) -> None:
    """Epoch by epoch, for groups of different rates, that are numbers and tensors."""
    rate = evaluated(row["rate"], trial)
    for kind in ("numbers", "tensors"):
        with trial.case(kind, call=row["make"]) as case:
            opt = optimizer(trial, RATES, kind == "tensors")
            scheduler = evaluated(row["make"], trial)(trial.namespace.optim.lr_scheduler, opt)
            for epoch in range(EPOCHS):
                want = [float(rate(lr, epoch)) for lr in RATES]
                close(case, f"rates at epoch {epoch}", rates_of(opt), want)
                close(case, f"get_last_lr at epoch {epoch}", [float(lr) for lr in scheduler.get_last_lr()], want)
                opt.step()
                scheduler.step()
            case.equal("last_epoch", scheduler.last_epoch, EPOCHS)


def improves(metric: float, best: float, settings: dict[str, Any]) -> bool:
    """Whether a metric is better than the best by more than the threshold."""
    threshold = settings.get("threshold", 1e-4)
    sign = 1 if settings.get("mode", "min") == "max" else -1
    bound = best * (1 + sign * threshold) if settings.get("threshold_mode", "rel") == "rel" else best + sign * threshold
    return bool(sign * metric > sign * bound)


def plateau(metrics: list[float], settings: dict[str, Any], rates: list[float]) -> list[list[float]]:
    """The rates after each metric, by the rule."""
    least = settings.get("min_lr", 0.0)
    lowest = least if isinstance(least, list) else [least] * len(rates)
    best, bad, cool, seen = (-math.inf if settings.get("mode") == "max" else math.inf), 0, 0, []
    for metric in metrics:
        better = improves(metric, best, settings)
        best, bad = (metric, 0) if better else (best, bad + 1)
        if cool:
            cool, bad = cool - 1, 0
        if bad > settings.get("patience", 10):
            lower = [max(lr * settings.get("factor", 0.1), low) for lr, low in zip(rates, lowest, strict=True)]
            eps = settings.get("eps", 1e-8)
            rates = [new if lr - new > eps else lr for lr, new in zip(rates, lower, strict=True)]
            cool, bad = settings.get("cooldown", 0), 0
        seen.append(rates)
    return seen


@pytest.mark.clause("schedule.plateau.rule")
def test_plateau(row: Row, trial: Trial) -> None:
    """Metrics that wander, those that repeat, and those that improve by little."""
    settings = evaluated(row["settings"], trial)
    rng = trial.generator()
    courses = {
        "wandering": 1 + np.cumsum(rng.integers(-2, 3, 60)) / 8,
        "among few": rng.integers(1, 4, 60) / 2,
        "falling slowly": 2 - np.arange(60) / 512,
        "constant": np.full(60, 1.5),
        "negative": rng.integers(-16, 0, 60) / 4,
    }
    for name, metrics in courses.items():
        with trial.case(name, call=f"ReduceLROnPlateau(opt, **{row['settings']})") as case:
            opt = optimizer(trial, (0.5, 2.0))
            scheduler = trial.namespace.optim.lr_scheduler.ReduceLROnPlateau(opt, **settings)
            wanted = plateau(metrics.tolist(), settings, [0.5, 2.0])
            for step, (metric, want) in enumerate(zip(metrics.tolist(), wanted, strict=True)):
                scheduler.step(metric)
                close(case, f"rates after step {step}", rates_of(opt), want)


@pytest.mark.clause("schedule.state.resume")
def test_resume(row: Row, trial: Trial) -> None:
    """After some epochs, at a place where the schedule turns and at others."""
    make = evaluated(row["make"], trial)
    schedulers = trial.namespace.optim.lr_scheduler
    for before in (0, 1, 4, 7):
        with trial.case(f"after {before}", call=row["make"]) as case:
            opt = optimizer(trial, (0.5, 2.0))
            scheduler = make(schedulers, opt)
            for _ in range(before):
                opt.step()
                scheduler.step()
            states = copy.deepcopy((opt.state_dict(), scheduler.state_dict()))
            fresh = optimizer(trial, (0.75, 0.25))
            again = make(schedulers, fresh)
            fresh.load_state_dict(states[0])
            again.load_state_dict(states[1])
            case.equal("rates after loading", rates_of(fresh), rates_of(opt))
            for epoch in range(before, before + 20):
                for one, other in ((opt, scheduler), (fresh, again)):
                    one.step()
                    other.step()
                case.equal(f"rates at epoch {epoch + 1}", rates_of(fresh), rates_of(opt))
            case.equal("get_last_lr", again.get_last_lr(), scheduler.get_last_lr())
            case.holds("moved", before == 0 or rates_of(opt) != [0.75, 0.25], "other rates", str(rates_of(opt)))


@pytest.mark.clause("schedule.lifetime")
def test_lifetime(row: Row, trial: Trial) -> None:
    """After a step of both."""
    with trial.case("deleted", call=row["make"]) as case, without_collector() as collect:
        opt = optimizer(trial, (0.5, 2.0))
        scheduler = evaluated(row["make"], trial)(trial.namespace.optim.lr_scheduler, opt)
        opt.step()
        scheduler.step()
        case.equal("last_epoch", scheduler.optimizer is opt, True)
        gone = weakref.ref(scheduler), weakref.ref(opt)
        del scheduler
        collect()
        case.equal("scheduler after del", gone[0](), None)
        del opt
        collect()
        case.equal("optimizer after del", gone[1](), None)
