"""From a dataset to a file and back, and work spread over devices."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from conformance.case import Trial
from conformance.law.descent import Array, Layer, dense, descent, gradients, mean_square, tanh
from conformance.law.placement import Pair, lies_on
from conformance.law.program import arrays, follows, match, opened

# Datasets and loaders live on the CPU: `with torch.device("cpu")`, as where a program is started from the command line.


def reads(trial: Trial, device: str) -> None:
    """Training in full; in a quick run one epoch, and less to reach."""
    epochs, least = (1, 0.6) if trial.quick else (8, 0.97)
    with trial.case("train", call=f"train({epochs})") as case, trial.namespace.device("cpu"):
        program = opened(trial, "pipeline")
        model, losses = program.train(epochs, device)
        found = program.accuracy(program.predict(model, device))
        case.holds("accuracy", found >= least, f"at least {least}", str(found))
        case.holds("losses", losses[-1] < 1.8, "below 1.8 (guessing is at 2.3)", str(losses))


def loaded(trial: Trial, device: str) -> None:
    """Before loading, the new model has other weights."""
    with trial.case("saved_and_loaded(model, path)") as case, trial.namespace.device("cpu"):
        program = opened(trial, "pipeline")
        model, _ = program.train(1, device)
        fresh, _, _ = program.built(device)
        scores = np.array(trial.read(program.predict(model, device)))
        with tempfile.TemporaryDirectory() as folder:
            again = program.saved_and_loaded(model, Path(folder) / "model.pt", device)
        case.same(program.predict(again, device), scores)
        case.equal("shape", scores.shape, (360, 10))
        apart = np.abs(trial.read(program.predict(fresh, device)) - scores).max()
        case.holds("an untrained model", bool(apart > 1), "other scores", f"the same to {apart}")


def resumed(trial: Trial, device: str) -> None:
    """After one of two epochs, or five of six, where the rate has changed in between."""
    epochs, stop = (2, 1) if trial.quick else (6, 5)
    with trial.case(f"{stop} of {epochs}", call=f"interrupted({epochs}, {stop}, path)") as case:
        with trial.namespace.device("cpu"), tempfile.TemporaryDirectory() as folder:
            program = opened(trial, "pipeline")
            whole, losses = program.train(epochs, device)
            parted, others = program.interrupted(epochs, stop, Path(folder) / "checkpoint.pt", device)
        match(case, parted, arrays(trial, whole), 1e-6, "parameter")
        follows(case, others, losses, 1e-6)


def mismatch(trial: Trial, device: str) -> None:
    """A layer of another size, and one more; nothing that fits is left out."""
    torch = trial.namespace
    with trial.case("other.load_state_dict(model.state_dict())") as case:
        model, _, _ = opened(trial, "pipeline").built(device)
        layers = torch.nn.Linear(64, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10), torch.nn.Linear(10, 10)
        other = torch.nn.Sequential(*layers).to(device)
        for words in (
            'Missing key(s) in state_dict: "3.weight", "3.bias"',
            "size mismatch for 0.weight: copying a param with shape torch.Size([128, 64]) from checkpoint, "
            "the shape in current model is torch.Size([100, 64])",
        ):
            with case.raises("RuntimeError", words):
                other.load_state_dict(model.state_dict())
        again, _, _ = opened(trial, "pipeline").built(device)
        case.equal(
            "a model of the same sizes",
            str(again.load_state_dict(model.state_dict())),
            "<All keys matched successfully>",
        )


def network(w1: Array, b1: Array, w2: Array, b2: Array) -> list[Layer]:
    """Two layers with a hyperbolic tangent in between."""
    return [dense(w1, b1), tanh, dense(w2, b2)]


def split(trial: Trial, parts: int, device: str) -> None:
    """Of ten rows; they are those of the whole batch in NumPy as well."""
    with trial.case(f"{parts} parts", call=f"split_gradients({parts})") as case:
        program = opened(trial, "data_parallel")
        x, y = (trial.read(tensor).astype(float) for tensor in program.data(device))
        begun = [array.astype(float) for array in arrays(trial, program.model_of(device))]
        _, want = gradients(network(*begun), x, y, mean_square)
        match(case, program.split_gradients(parts, device), want, 1e-6, "gradient of the parts")
        match(case, program.whole_gradients(device), want, 1e-6, "gradient of the whole")


def parallel(trial: Trial) -> None:
    """Twenty steps over all accelerators."""
    with trial.case("train(20, parallel=True)") as case:
        program = opened(trial, "data_parallel")
        x, y = (trial.read(tensor).astype(float) for tensor in program.data("cpu"))
        begun = arrays(trial, program.model_of("cpu"))
        want, values = descent(network, begun, [(x, y)] * 20, mean_square, program.RATE)
        model, losses = program.train(20, str(trial.backend.accelerator), parallel=True)
        follows(case, losses, want, 1e-5)
        match(case, model, values, 1e-5, "parameter")
        for parameter in model.parameters():
            lies_on(case, parameter.grad, str(trial.backend.accelerator), "device of a gradient")


def two_devices(trial: Trial, pair: Pair) -> None:
    """Twenty steps with momentum."""
    first, second = pair
    with trial.case("train(20)", inputs=f"first on {first}, second on {second}") as case:
        program = opened(trial, "two_devices")
        x, y = (trial.read(tensor).astype(float) for tensor in program.data(first, second))
        begun = arrays(trial, program.TwoDevices(first, second))
        want, values = descent(network, begun, [(x, y)] * 20, mean_square, program.RATE, 0.9)
        model, losses = program.train(20, first, second)
        follows(case, losses, want, 1e-5)
        match(case, model, values, 1e-5, "parameter")
        for layer, place in ((model.hidden, first), (model.out, second)):
            for parameter in layer.parameters():
                lies_on(case, parameter.grad, place, "device of a gradient")


def unmoved(trial: Trial, pair: Pair) -> None:
    """The same call on one device is accepted."""
    first, second = pair
    with trial.case("without_moving(a, b)", inputs=f"a = {first}, b = {second}") as case:
        program = opened(trial, "two_devices")
        with case.raises("RuntimeError", "Expected all tensors to be on the same device"):
            program.without_moving(first, second)
        case.equal("shape on one device", tuple(program.without_moving(second, second).shape), (10, 3))


def back(trial: Trial, device: str) -> None:
    """0.0445 as float32, plus one in float32."""
    with trial.case("there_and_back(d)", inputs=f"d = {device!r}") as case:
        z = opened(trial, "two_devices").there_and_back(device)
        case.same(z, np.array([np.float32(0.0445) + np.float32(1)], dtype=np.float64))
        case.equal("dtype", z.dtype, trial.namespace.float64)
        case.equal("device", z.device.type, "cpu")
