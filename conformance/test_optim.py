"""Laws of the chapter optim: every rule against a recurrence, and what all optimizers do alike."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conformance.case import Trial
from conformance.law import optimizer as law
from conformance.law.optimizer import MATRICES, STEPS, Row, drawn, given, made, parameters, read, trained
from conformance.law.placement import accelerators, lies_on
from conformance.law.quasinewton import curved, descent

SETTINGS = {"SGD": {"momentum": 0.5}, "RMSprop": {"momentum": 0.5, "centered": True}}


@pytest.mark.clause("optim.sgd.rule")
def test_sgd(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "SGD", row, device)


@pytest.mark.clause("optim.adam.rule")
def test_adam(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "Adam", row, device)


@pytest.mark.clause("optim.adamw.rule")
def test_adamw(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "AdamW", row, device)


@pytest.mark.clause("optim.adamax.rule")
def test_adamax(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "Adamax", row, device)


@pytest.mark.clause("optim.nadam.rule")
def test_nadam(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "NAdam", row, device)


@pytest.mark.clause("optim.radam.rule")
def test_radam(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "RAdam", row, device)


@pytest.mark.clause("optim.adagrad.rule")
def test_adagrad(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "Adagrad", row, device)


@pytest.mark.clause("optim.adadelta.rule")
def test_adadelta(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "Adadelta", row, device)


@pytest.mark.clause("optim.rmsprop.rule")
def test_rmsprop(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "RMSprop", row, device)


@pytest.mark.clause("optim.rprop.rule")
def test_rprop(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "Rprop", row, device)


@pytest.mark.clause("optim.asgd.rule")
def test_asgd(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "ASGD", row, device)


@pytest.mark.clause("optim.asgd.mean")
def test_asgd_mean(trial: Trial, device: str) -> None:
    """From the second, the fourth, and no step on."""
    for t0 in (1, 3, 100):
        with trial.case(f"t0={t0}", call=f"torch.optim.ASGD([p], lr=0.1, t0={t0}).state[p]['ax']") as case:
            path = drawn(trial, "mean", [(3, 2)])
            (p,) = parameters(trial, path, "float64", device)
            optimizer = trial.namespace.optim.ASGD([p], lr=0.1, t0=t0)
            mean = np.zeros((3, 2))
            for t in range(1, STEPS + 1):
                p.grad = made(trial, path[0][t], "float64", device)
                optimizer.step()
                mean = mean + (read(trial, p.detach()) - mean) / max(1, t - 1 - t0)
                law.near(case, read(trial, optimizer.state[p]["ax"]), mean, f"after step {t}", "ASGD", "float64")


@pytest.mark.clause("optim.adafactor.rule")
def test_adafactor(row: Row, trial: Trial, device: str) -> None:
    """The recurrence."""
    law.follows(trial, "Adafactor", row, device)


@pytest.mark.clause("optim.muon.rule")
def test_muon(row: Row, trial: Trial, device: str) -> None:
    """Wide, tall and square matrices."""
    law.follows(trial, "Muon", row, device, MATRICES)


@pytest.mark.clause("optim.options.refused")
def test_refused(row: Row, trial: Trial) -> None:
    """A ValueError with the words; the same without the wrong option is accepted."""
    name = row["name"].strip('"')
    with trial.case("refused", call=f"torch.optim.{name}([x], {row['options']})") as case:
        x = trial.namespace.ones(1, requires_grad=True)
        make = getattr(trial.namespace.optim, name)
        case.equal("accepted", make([x]).param_groups[0]["params"][0] is x, True)
        with case.raises("ValueError", row["words"]):
            make([x], **given(row["options"]))


@pytest.mark.clause("optim.options.switches")
def test_switches(row: Row, trial: Trial, device: str) -> None:
    """With each switch the results of neither; `fused` where the optimizer has it and the device is the host."""
    name, options = row["name"], given(row["options"])
    switches: list[dict[str, Any]] = [{"foreach": True}, {"foreach": False}, {"foreach": None}]
    if name in ("SGD", "Adam", "AdamW", "Adagrad"):
        switches += [{"fused": False}, *([{"fused": True}] if device == "cpu" else [])]
    with trial.case("plain", call=f"torch.optim.{name}(parameters, {row['options']}).step()") as case:
        plain, _ = trained(trial, name, options, device, range(STEPS), late=False)
        want = [read(trial, p.detach()) for p in plain]
        case.equal("it steps", all(np.isfinite(array).all() for array in want), True)
    for switch in switches:
        call = f"torch.optim.{name}(parameters, {row['options']}, **{switch})"
        with trial.case(str(switch), call=call) as case:
            found, _ = trained(trial, name, {**options, **switch}, device, range(STEPS), late=False)
            for i, (p, array) in enumerate(zip(found, want, strict=True)):
                law.near(case, read(trial, p.detach()), array, f"parameter {i}", name, "float32")


@pytest.mark.clause("optim.options.capturable")
def test_capturable(trial: Trial) -> None:
    """Every optimizer that has the option."""
    place = accelerators(trial)[0]
    for name in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adadelta", "RMSprop", "Rprop", "ASGD"):
        with trial.case(name, call=f"torch.optim.{name}(parameters, capturable=True).step()") as case:
            plain, _ = trained(trial, name, {}, place, range(STEPS))
            found, optimizer = trained(trial, name, {"capturable": True}, place, range(STEPS))
            for i, (p, q) in enumerate(zip(found, plain, strict=True)):
                law.near(case, read(trial, p.detach()), read(trial, q.detach()), f"parameter {i}", name, "float32")
            lies_on(case, optimizer.state[found[0]]["step"], place, "device of the count")
            (x,) = parameters(trial, drawn(trial, name, [(2,)]), "float32", "cpu")
            refusing = getattr(trial.namespace.optim, name)([x], capturable=True)
            x.grad = trial.namespace.ones(2, device="cpu")
            with case.raises("AssertionError", "on supported devices"):
                refusing.step()


@pytest.mark.clause("optim.step.place")
def test_in_place(trial: Trial, device: str) -> None:
    """Every optimizer; the values do change."""
    for name in law.EVERY:
        with trial.case(name, call=f"torch.optim.{name}([p]).step()") as case:
            path = drawn(trial, name, [(3, 2)])
            (p,) = parameters(trial, path, "float32", device)
            seen, start = p.detach(), read(trial, p.detach()).copy()
            p.grad = grad = made(trial, path[0][1], "float32", device)
            optimizer = getattr(trial.namespace.optim, name)([p], **SETTINGS.get(name, {}))
            optimizer.step()
            case.equal("changed", bool((read(trial, p.detach()) != start).all()), True)
            case.same(seen, read(trial, p.detach()), "seen through a view made before")
            case.equal("group", optimizer.param_groups[0]["params"][0] is p, True)
            case.equal("leaf", (p.is_leaf, p.requires_grad, p.grad_fn), (True, True, None))
            case.equal("gradient", p.grad is grad, True)
            case.same(p.grad, np.asarray(path[0][1], np.float32), "values of the gradient")


@pytest.mark.clause("optim.step.frozen")
def test_frozen(trial: Trial, device: str) -> None:
    """With decay, where there is one."""
    torch = trial.namespace
    for name in law.EVERY:
        options = {} if name == "Rprop" else {"weight_decay": 0.5}
        with trial.case(name, call=f"torch.optim.{name}([p, frozen, idle], {options}).step()") as case:
            p, frozen, idle = (torch.nn.Parameter(torch.ones(2, device=device), requires_grad=i != 1) for i in range(3))
            optimizer = getattr(torch.optim, name)([p, frozen, idle], **options)
            p.grad = torch.tensor([1.0, -2.0], device=device)
            optimizer.step()
            optimizer.step()
            case.same(frozen.detach(), np.ones(2, np.float32), "frozen")
            case.same(idle.detach(), np.ones(2, np.float32), "without gradient")
            case.equal("changed", bool((read(trial, p.detach()) != 1).all()), True)
            if name not in ("SGD", "Adagrad"):
                case.equal("parameters with state", len(optimizer.state), 1)


@pytest.mark.clause("optim.load.continued")
def test_continued(row: Row, trial: Trial, device: str) -> None:
    """After each of several steps, against seven steps without a break; as it is, and by way of a file."""
    name, options = row["name"], given(row["options"])
    whole, _ = trained(trial, name, options, device, range(STEPS))
    for stop in (1, 3, 6):
        for form in ("dictionary", "file"):
            call = f"q = torch.optim.{name}(parameters); q.load_state_dict(o.state_dict()); q.step()"
            with trial.case(f"{form} after step {stop}", call=call) as case:
                half, optimizer = trained(trial, name, options, device, range(stop))
                state = optimizer.state_dict()
                if form == "file":
                    buffer = io.BytesIO()
                    trial.namespace.save(state, buffer)
                    buffer.seek(0)
                    state = trial.namespace.load(buffer)
                found, _ = trained(trial, name, {"lr": 9.0}, device, range(stop, STEPS), half, state)
                for i, (p, want) in enumerate(zip(found, whole, strict=True)):
                    case.same(p.detach(), read(trial, want.detach()), f"parameter {i}")


@pytest.mark.clause("optim.sparse.refused")
def test_sparse(row: Row, trial: Trial, device: str) -> None:
    """The parameter keeps its value."""
    torch, name = trial.namespace, row["name"]
    with trial.case("sparse", call=f"torch.optim.{name}([x]).step()", inputs="x.grad is sparse") as case:
        x = torch.tensor([1.0, 2.0, 3.0], device=device, requires_grad=True)
        optimizer = getattr(torch.optim, name)([x], lr=0.5)
        places, values = torch.tensor([[1]], device=device), torch.tensor([4.0], device=device)
        x.grad = torch.sparse_coo_tensor(places, values, (3,))
        with case.raises("RuntimeError", row["words"]):
            optimizer.step()
        case.same(x.detach(), np.array([1, 2, 3], np.float32))


@pytest.mark.clause("optim.differentiable.every")
def test_differentiable(row: Row, trial: Trial, device: str) -> None:
    """Three steps, with gradients that depend on the start: `g = w * p + c`, with respect to the start."""
    torch, name, options = trial.namespace, row["name"], given(row["options"])
    generator = trial.generator(name)
    start, weight, shift = (generator.uniform(0.5, 2, 4) for _ in range(3))

    def loss(array: np.ndarray, tracked: bool) -> Any:
        w = torch.tensor(array.tolist(), dtype=torch.float64, device=device, requires_grad=tracked)
        factor, constant = (torch.tensor(a.tolist(), dtype=torch.float64, device=device) for a in (weight, shift))
        p = w.clone()
        optimizer = getattr(torch.optim, name)([p], differentiable=True, **options)
        for step in (1.0, 0.5, 2.0):
            p.grad = w * factor * step + constant
            optimizer.step()
        return w, (p * p * factor).sum()

    call = f"torch.optim.{name}([p], {row['options']}, differentiable=True).step()"
    with trial.case("central difference", call=call, inputs=f"start {start.tolist()}") as case:
        w, found = loss(start, tracked=True)
        found.backward()
        case.within(w.grad, slope(lambda array: loss(array, tracked=False)[1].item(), start), 1e-5, 1e-7)


def slope(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences in each direction."""
    directions = np.eye(at.size) * step
    return np.array([(function(at + d) - function(at - d)) / (2 * step) for d in directions])


@pytest.mark.clause("optim.lbfgs.steps")
def test_lbfgs(row: Row, trial: Trial, device: str) -> None:
    """Over two parameters of different shapes, in two calls of `step`, in float64."""
    torch, options = trial.namespace, given(row["options"])
    matrix, shift = curved(trial.generator("matrix"))
    with trial.case("quadratic", call=f"torch.optim.LBFGS([x, y], {row['options']}).step(closure)") as case:
        a, b = (torch.tensor(array.tolist(), dtype=torch.float64, device=device) for array in (matrix, shift))
        x = torch.ones(2, dtype=torch.float64, device=device, requires_grad=True)
        y = torch.ones(1, 3, dtype=torch.float64, device=device, requires_grad=True)
        optimizer = torch.optim.LBFGS([x, y], **options)

        def closure() -> Any:
            optimizer.zero_grad()
            whole = torch.cat([x, y.reshape(-1)])
            loss = whole @ a @ whole / 2 + (whole**4).sum() / 8 - b @ whole
            loss.backward()
            return loss

        path = descent(lambda p: matrix @ p + p**3 / 2 - shift, np.ones(5), calls=2, **options)
        for call in range(2):
            optimizer.step(closure)
            found = np.concatenate([read(trial, p.detach()).reshape(-1) for p in (x, y)])
            case.within(found, path[call], 1e-9, 1e-9, f"after call {call + 1}")


@pytest.mark.clause("optim.lbfgs.search")
def test_valley(trial: Trial, device: str) -> None:
    """Rosenbrock's function from its usual start; several calls with few steps each."""
    torch = trial.namespace
    with trial.case("valley", call="torch.optim.LBFGS([x], line_search_fn='strong_wolfe').step(closure)") as case:
        x = torch.tensor([-1.2, 1.0], dtype=torch.float64, device=device, requires_grad=True)
        optimizer = torch.optim.LBFGS([x], max_iter=4, line_search_fn="strong_wolfe")

        def closure() -> Any:
            optimizer.zero_grad()
            loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
            loss.backward()
            return loss

        losses = [optimizer.step(closure).item() for _ in range(16)]
        case.equal("first loss", round(losses[0], 9), 24.2)
        case.equal("falls", all(b <= a for a, b in itertools.pairwise(losses)), True)
        case.equal("soon", losses[3] < 4.0, True)
        case.within(x.detach(), np.ones(2), 1e-3, 1e-3)


@pytest.mark.clause("optim.clip.devices")
def test_clipped_devices(trial: Trial) -> None:
    """The host first, and the accelerator first."""
    torch, places = trial.namespace, ["cpu", accelerators(trial)[0]]
    for first, second in (places, places[::-1]):
        with trial.case(f"{first}, {second}", call="torch.nn.utils.clip_grad_norm_([x, y], 6.5)") as case:
            x = torch.ones(2, device=first, requires_grad=True)
            y = torch.ones(1, device=second, requires_grad=True)
            x.grad, y.grad = torch.tensor([3.0, -4.0], device=first), torch.tensor([12.0], device=second)
            norm = torch.nn.utils.clip_grad_norm_([x, y], 6.5)
            lies_on(case, norm, first, "device of the norm")
            case.close(norm, np.array(13.0), "float32", name="norm")
            case.within(x.grad, np.array([1.5, -2.0]), 1e-6, 0, "x.grad")
            case.within(y.grad, np.array([6.0]), 1e-6, 0, "y.grad")
            lies_on(case, y.grad, second, "device of y.grad")
