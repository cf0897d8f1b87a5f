"""Data parallelism: a batch split over the accelerators, a copy of a module on each, results and gradients joined."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.law.placement import accelerators, floats, lies_on, made

ROWS = [[1.0, 2.0], [3.0, 5.0], [-2.0, 4.0], [0.5, -1.0], [6.0, 1.0]]
WEIGHT = [[1.0, 2.0], [-1.0, 0.5], [2.0, -3.0]]
BIAS = [0.5, -1.0, 2.0]


def layer(trial: Trial, place: str) -> Any:
    """A layer of known parameters, two inputs and three outputs, on `place`."""
    torch = trial.namespace
    module = torch.nn.Linear(2, 3)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(WEIGHT))
        module.bias.copy_(torch.tensor(BIAS))
    return module.to(place)


def output(rows: Any = ROWS) -> np.ndarray:
    """What the layer makes of rows."""
    return np.asarray(floats(rows) @ floats(WEIGHT).T + floats(BIAS))


def directly(trial: Trial) -> None:
    """Without an accelerator as it is; with one, on its first device alone."""
    torch = trial.namespace
    with trial.case("DataParallel(m)(x)", call="torch.nn.DataParallel(m)(x)", inputs="x: (5, 2)") as case:
        there = torch.accelerator.is_available()
        calls: list[Any] = []
        module = layer(trial, accelerators(trial)[0] if there else "cpu")
        sound = module.forward
        module.forward = lambda x: sound(calls.append(x) or x)  # type: ignore[func-returns-value]
        parallel = torch.nn.DataParallel(module, device_ids=[0]) if there else torch.nn.DataParallel(module)
        got = parallel(torch.tensor(ROWS))
        case.close(got.detach(), output(), "float32")
        case.equal("device", got.device, module.weight.device)
        case.equal("shapes that it was called with", [tuple(x.shape) for x in calls], [(5, 2)])
        case.holds("module", parallel.module is module, "the module given", "another or the one given")


def result(trial: Trial) -> None:
    """From the CPU, from the first device and from the last, onto every device."""
    torch, places = trial.namespace, accelerators(trial)
    for source in ("cpu", places[0], places[-1]):
        for index, place in enumerate(places):
            call = f"torch.nn.DataParallel(m, output_device={index})(x)"
            with trial.case(f"{source}, {place}", call=call, inputs=f"m on {places[0]}, x: (5, 2) on {source}") as case:
                parallel = torch.nn.DataParallel(layer(trial, places[0]), output_device=index)
                got = parallel(made(trial, ROWS, source))
                lies_on(case, got, place)
                case.close(got.detach(), output(), "float32")
                case.equal("devices", list(parallel.device_ids), list(range(len(places))))


def gradient(trial: Trial) -> None:
    """Every row counts with a weight of its own; the gradients add to those that are there."""
    torch, place = trial.namespace, accelerators(trial)[0]
    call = "(torch.nn.DataParallel(m)(x) * w).sum().backward()"
    with trial.case("twice", call=call, inputs=f"m on {place}, x: (5, 2) on cpu") as case:
        module, weights = layer(trial, place), floats(np.arange(15).reshape(5, 3))
        x = made(trial, ROWS, "cpu").requires_grad_()
        for _ in range(2):
            (torch.nn.DataParallel(module)(x) * made(trial, weights.tolist(), place)).sum().backward()
        lies_on(case, module.weight.grad, place, "device of the gradient")
        case.close(module.weight.grad, 2.0 * weights.T @ floats(ROWS), "float32", factor=4, name="weight's gradient")
        case.close(module.bias.grad, 2.0 * weights.sum(0), "float32", factor=4, name="bias's gradient")
        lies_on(case, x.grad, "cpu", "device of the input's gradient")
        case.close(x.grad, 2.0 * weights @ floats(WEIGHT), "float32", factor=4, name="input's gradient")


def single(trial: Trial) -> None:
    """Each device in turn."""
    torch = trial.namespace
    for index, place in enumerate(accelerators(trial)):
        with trial.case(place, call=f"torch.nn.DataParallel(m, device_ids=[{index}])(x)", inputs="m, x on cpu") as case:
            module = layer(trial, "cpu")
            weight = module.weight
            parallel = torch.nn.DataParallel(module, device_ids=[index])
            lies_on(case, module.weight, place, "device of the module")
            case.holds("identity", module.weight is weight, "the same parameter", "another or the same")
            got = parallel(torch.tensor(ROWS))
            lies_on(case, got, place)
            case.close(got.detach(), output(), "float32")


def elsewhere(trial: Trial) -> None:
    """On the CPU, and on the second device where there is one."""
    torch, places = trial.namespace, accelerators(trial)
    for place in ("cpu", *places[1:]):
        with trial.case(place, call="torch.nn.DataParallel(m)(x)", inputs=f"m on {place}") as case:
            module = layer(trial, place)
            parallel = torch.nn.DataParallel(module, device_ids=[0, *range(1, len(places))])
            if len(places) == 1:
                module.to("cpu")
            with case.raises("RuntimeError", f"module must have its parameters and buffers on device {places[0]}"):
                parallel(torch.tensor(ROWS))
            case.close(module(made(trial, ROWS, str(module.weight.device))).detach(), output(), "float32")


def remainder(trial: Trial) -> None:
    """One row, two rows, three rows: devices for which nothing is left do nothing."""
    torch, place = trial.namespace, accelerators(trial)[0]
    for rows in (1, 2, 3):
        with trial.case(f"{rows} rows", call="torch.nn.DataParallel(m)(x)", inputs=f"x: ({rows}, 2)") as case:
            got = torch.nn.DataParallel(layer(trial, place))(torch.tensor(ROWS[:rows]))
            case.close(got.detach(), output(ROWS[:rows]), "float32")


def forms(trial: Trial) -> None:
    """A tensor as keyword argument, a list of tensors, a number that every copy gets."""
    torch, place = trial.namespace, accelerators(trial)[0]

    class Sum(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, pair: Any, factor: Any, *, other: Any) -> Any:
            return {"sum": (pair[0] + pair[1]) * factor + other, "pair": (pair[0] * 2, None)}

    with trial.case("list, number, keyword", call="p([x, y], 3, other=z)", inputs="x, y, z: (5, 2)") as case:
        x = floats(ROWS)
        given = [torch.tensor((x * k).tolist()) for k in (1, 2, 4)]
        got = torch.nn.DataParallel(Sum())([given[0], given[1]], 3, other=given[2])
        case.equal("keys", sorted(got), ["pair", "sum"])
        case.same(got["sum"], 13 * x, "dictionary")
        case.equal("types", [type(got["pair"]), type(got["pair"][1])], [tuple, type(None)])
        case.same(got["pair"][0], 2 * x, "tuple")
        lies_on(case, got["sum"], place)


def zero_dim(trial: Trial) -> None:
    """A loss of each part."""
    torch, places = trial.namespace, accelerators(trial)
    with trial.case("sum of the parts", call="torch.nn.DataParallel(Total())(x)", inputs="x: (5, 2)") as case:

        class Total(torch.nn.Module):  # type: ignore[misc, name-defined]
            def forward(self, x: Any) -> Any:
                return x.sum()

        if len(places) == 1:
            case.equal("one device", torch.nn.DataParallel(Total())(torch.tensor(ROWS)).shape, ())
            return
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            got = torch.nn.DataParallel(Total())(torch.tensor(ROWS))
        said = [str(each.message) for each in caught if issubclass(each.category, UserWarning)]
        warned = any("all input tensors were scalars" in each for each in said)
        case.holds("warning", warned, "UserWarning: all input tensors were scalars", str(said))
        size = -(-len(ROWS) // len(places))
        want = floats([floats(ROWS[start : start + size]).sum() for start in range(0, len(ROWS), size)])
        case.same(got, want)


def replicas_are_temporary(trial: Trial) -> None:
    """A counter; a buffer on the first device, which is the module's own."""
    torch, places = trial.namespace, accelerators(trial)

    class Counting(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0
            self.register_buffer("seen", torch.zeros(1))

        def forward(self, x: Any) -> Any:
            self.calls += 1
            self.seen += x.shape[0]
            return x * 2

    with trial.case("a counter and a buffer", call="torch.nn.DataParallel(m)(x)", inputs="x: (5, 2)") as case:
        module = Counting().to(places[0])
        got = torch.nn.DataParallel(module)(torch.tensor(ROWS))
        case.same(got, 2 * floats(ROWS))
        many = len(places) > 1
        case.equal("counter", module.calls, 0 if many else 1)
        case.same(module.seen, floats([-(-5 // len(places))]), "buffer")


def failing(trial: Trial) -> None:
    """The copy on the last device raises."""
    torch, places = trial.namespace, accelerators(trial)

    class Fragile(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            if x.get_device() == len(places) - 1:
                raise ValueError("the last one")
            return x

    with trial.case("ValueError", call="torch.nn.DataParallel(m)(x)", inputs="x: (5, 2)") as case:
        parallel = torch.nn.DataParallel(Fragile())
        case.same(parallel(torch.tensor(ROWS[:1])), floats(ROWS[:1])) if len(places) > 1 else None
        last = len(places) - 1
        words = f"Caught ValueError in replica {last} on device {last}." if last else "the last one"
        with case.raises("ValueError", words):
            parallel(torch.tensor(ROWS))
        with case.raises("ValueError", "the last one"):
            parallel(torch.tensor(ROWS))


def parts_of(case: Case, trial: Trial, parts: Any, want: list[np.ndarray]) -> None:
    """Each part lies on its own device."""
    case.equal("number of parts", len(parts), len(want))
    for part, values, place in zip(parts, want, accelerators(trial), strict=False):
        lies_on(case, part, place)
        case.same(part, values)


def scatters(trial: Trial) -> None:
    """By ordinals and by devices; along both dimensions; what is no tensor is given to all."""
    torch, places = trial.namespace, accelerators(trial)
    scatter, count = torch.nn.parallel.scatter, len(places)
    for dim in (0, 1):
        whole = floats(np.arange(4 * count * count).reshape(2 * count, 2 * count))
        want = np.split(whole, count, dim)
        for told, targets in (("ordinals", list(range(count))), ("devices", places)):
            with trial.case(f"{told}, dim={dim}", call=f"scatter(x, {targets}, {dim})", inputs="x on cpu") as case:
                got = scatter(made(trial, whole.tolist(), "cpu"), targets, dim)
                case.equal("type", type(got), tuple)
                parts_of(case, trial, got, want)
    with trial.case("a dictionary", call="scatter({'x': x, 'name': 'a'}, devices)", inputs="x: (count,)") as case:
        x = made(trial, list(range(count)), "cpu", "float32")
        got = scatter({"x": x, "name": "a"}, list(range(count)))
        case.equal("others", [each["name"] for each in got], ["a"] * count)
        parts_of(case, trial, [each["x"] for each in got], [floats([i]) for i in range(count)])
    with trial.case("gradient", call="sum of i * part i", inputs="x: (count,)") as case:
        x = made(trial, list(range(count)), "cpu", "float32").requires_grad_()
        got = scatter(x, list(range(count)))
        for index, part in enumerate(got):
            (part * (index + 2)).sum().backward()
        lies_on(case, x.grad, "cpu", "device of the gradient")
        case.same(x.grad, floats([index + 2 for index in range(count)]), "gradient")


def gathers(trial: Trial) -> None:
    """Parts of different lengths, onto every device and the CPU; their gradients go back to them."""
    torch, places = trial.namespace, accelerators(trial)
    for place in (*places, "cpu"):
        with trial.case(place, call=f"torch.nn.parallel.gather(parts, {place!r})", inputs="one part a device") as case:
            arrays = [floats(np.arange(2 * (i + 1)).reshape(i + 1, 2) + 10 * i) for i in range(len(places))]
            parts = [made(trial, a.tolist(), p).requires_grad_() for a, p in zip(arrays, places, strict=True)]
            got = torch.nn.parallel.gather(parts, place)
            lies_on(case, got, place)
            case.same(got.detach(), np.concatenate(arrays))
            (got * got).sum().backward()
            for part, array in zip(parts, arrays, strict=True):
                case.equal("device of a gradient", part.grad.device, part.device)
                case.same(part.grad, 2 * array, "gradient")


def replicates(trial: Trial) -> None:
    """Two layers that share a weight; a buffer."""
    torch, places = trial.namespace, accelerators(trial)
    with trial.case("replicate", call="torch.nn.parallel.replicate(m, devices)", inputs="a shared weight") as case:
        module = torch.nn.Sequential(layer(trial, places[0]), layer(trial, places[0]))
        module[1].weight = module[0].weight
        module.register_buffer("count", made(trial, 3, places[0], "int64"))
        copies = torch.nn.parallel.replicate(module, list(range(len(places))))
        case.equal("number", len(copies), len(places))
        for index, (copy, place) in enumerate(zip(copies, places, strict=True)):
            case.equal("class", type(copy), type(module))
            case.equal("parameters of its own", len(list(copy.parameters())), 0)
            lies_on(case, copy[0].weight, place, "device of the weight")
            lies_on(case, copy.count, place, "device of the buffer")
            case.equal("is_leaf", copy[0].weight.is_leaf, False)
            case.same(copy[1].weight.detach(), floats(WEIGHT), "weight")
            (copy[0].weight.sum() * (index + 1)).backward()
        total = sum(range(1, len(places) + 1))
        lies_on(case, module[0].weight.grad, places[0], "device of the gradient")
        case.same(module[0].weight.grad, floats(np.full((3, 2), total)), "gradient")


def applies(trial: Trial) -> None:
    """Different modules and different inputs."""
    torch, places = trial.namespace, accelerators(trial)
    with trial.case("parallel_apply", call="parallel_apply(modules, inputs)", inputs="one a device") as case:
        modules = [layer(trial, place) for place in places]
        inputs = [made(trial, ROWS[i:], place) for i, place in enumerate(places)]
        got = torch.nn.parallel.parallel_apply(modules, inputs, devices=list(range(len(places))))
        case.equal("number", len(got), len(places))
        for index, (each, place) in enumerate(zip(got, places, strict=True)):
            lies_on(case, each, place)
            case.close(each.detach(), output(ROWS[index:]), "float32")
        with torch.no_grad():
            quiet = torch.nn.parallel.parallel_apply(modules, inputs, devices=list(range(len(places))))
        case.equal("requires_grad under no_grad", quiet[-1].requires_grad, False)
        case.equal("requires_grad", got[-1].requires_grad, True)


def function(trial: Trial) -> None:
    """A module that stays what it is."""
    torch, places = trial.namespace, accelerators(trial)
    for index, place in enumerate(places):
        call = f"torch.nn.parallel.data_parallel(m, x, output_device={index})"
        with trial.case(place, call=call, inputs=f"m on {places[0]}, x: (5, 2) on cpu") as case:
            module = layer(trial, places[0])
            got = torch.nn.parallel.data_parallel(module, torch.tensor(ROWS), output_device=index)
            lies_on(case, got, place)
            case.close(got.detach(), output(), "float32")
            got.sum().backward()
            case.close(module.bias.grad, np.full(3, 5.0), "float32", name="bias's gradient")
