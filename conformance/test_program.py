"""Laws of the chapter program: what the programs of `examples/` give, and where they are refused.

Losses are held against the same steps in NumPy and double precision; `law/descent.py` has the networks.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from conformance.case import Trial
from conformance.law import pictures, pipeline, rivals
from conformance.law.classifiers import batches_of, reads_digits, two_convolutions, two_layers
from conformance.law.descent import (
    Array,
    cross_entropy,
    dense,
    descent,
    logistic,
    mean_square,
    relu,
    squares,
)
from conformance.law.placement import Pair, floats
from conformance.law.program import arrays, follows, match, opened

Row = dict[str, str]


@pytest.mark.clause("program.gradients.line")
def test_line(trial: Trial) -> None:
    """At random values."""
    with trial.case("line()") as case:
        t, z = opened(trial, "gradients").line()
        case.same(t.grad, np.full((2, 2), 0.5, np.float32), "gradient")
        case.close(z.detach(), np.asarray((2 * trial.read(t.detach()).astype(float) + 5).mean()), "float32", 4)


@pytest.mark.clause("program.gradients.square")
def test_square(trial: Trial) -> None:
    """At ones."""
    with trial.case("square()") as case:
        x, out = opened(trial, "gradients").square()
        case.same(x.grad, np.full((2, 2), 4.5, np.float32), "gradient")
        case.same(out.detach(), np.float32(27))


@pytest.mark.clause("program.gradients.dot")
def test_dot(trial: Trial) -> None:
    """At 0, 1, 2, 3."""
    with trial.case("dot()") as case:
        x, y = opened(trial, "gradients").dot()
        case.same(x.grad, floats([0, 4, 8, 12]), "gradient")
        case.same(y.detach(), np.float32(28))


@pytest.mark.clause("program.gradients.accumulate")
def test_accumulate(trial: Trial) -> None:
    """Three gradients, each copied at its time."""
    with trial.case("three_passes()") as case:
        found = opened(trial, "gradients").three_passes()
        for got, want in zip(found, ([0, 4, 8, 12], [1, 5, 9, 13], [1, 1, 1, 1]), strict=True):
            case.same(got, floats(want))


@pytest.mark.clause("program.gradients.detach")
def test_detach(trial: Trial) -> None:
    """u = x²."""
    with trial.case("detached()") as case:
        x, u = opened(trial, "gradients").detached()
        case.same(x.grad, floats([0, 1, 4, 9]), "gradient")
        case.same(u, floats([0, 1, 4, 9]), "u")
        case.equal("requires_grad of u", u.requires_grad, False)


@pytest.mark.clause("program.gradients.branch")
def test_branch(row: Row, trial: Trial) -> None:
    """The slope is exact, as it is a power of two, or a hundred times one."""
    value, factor = float(row["value"]), float(row["slope"])
    with trial.case(row["value"], call=f"control_flow({row['value']})") as case:
        a, d = opened(trial, "gradients").control_flow(value)
        case.same(a.grad, np.float32(factor), "gradient")
        case.close(d.detach(), np.asarray(float(np.float32(value)) * factor), "float32")


def line_in_numpy(steps: int) -> tuple[list[float], list[Array]]:
    """Losses and parameters of the line y = 3 x - 2 over 64 points, by steps of 0.4 from w = 0.5 and b = 0.25."""
    x = np.linspace(-1, 1, 64)[:, None]
    start = np.array([[0.5]]), np.array([0.25])
    return descent(lambda w, b: [dense(w, b)], start, [(x, 3 * x - 2)] * steps, mean_square, 0.4)


@pytest.mark.clause("program.regression.curve")
def test_regression(row: Row, trial: Trial, device: str) -> None:
    """After few steps, when neither has arrived."""
    with trial.case(row["way"], call=f"{row['way']}(12)") as case:
        w, b, losses = getattr(opened(trial, "linear_regression"), row["way"])(12, device)
        want, parameters = line_in_numpy(12)
        follows(case, losses, want, 1e-5)
        match(case, [w.reshape(1, 1), b], parameters, 1e-5, "parameter")


@pytest.mark.clause("program.regression.found")
def test_regression_arrives(row: Row, trial: Trial, device: str) -> None:
    """After all steps."""
    with trial.case(row["way"], call=f"{row['way']}()") as case:
        w, b, losses = getattr(opened(trial, "linear_regression"), row["way"])(device=device)
        match(case, [w.reshape(1), b], [np.array([3.0]), np.array([-2.0])], 1e-5 / 3, "parameter")
        case.equal("steps", len(losses), 100)


@pytest.mark.clause("program.regression.early")
def test_cleared_too_early(trial: Trial, device: str) -> None:
    """The gradient is None; the parameter goes on to be trained."""
    with trial.case("cleared_too_early()") as case:
        program = opened(trial, "linear_regression")
        with case.raises("AttributeError", "NoneType"):
            program.cleared_too_early(device)
        w, _ = program.beginning(device)
        case.equal("gradient", w.grad, None)
        (w * 3).sum().backward()
        w.grad.data.zero_()
        case.same(w.grad, floats([[0]]), "gradient after a backward and clearing")


@pytest.mark.clause("program.regression.uncleared")
def test_never_cleared(trial: Trial, device: str) -> None:
    """Three steps: momentum one does the same."""
    with trial.case("never_cleared(3)") as case:
        w, b = opened(trial, "linear_regression").never_cleared(3, device)
        x = np.linspace(-1, 1, 64)[:, None]
        start, data = (np.array([[0.5]]), np.array([0.25])), [(x, 3 * x - 2)] * 3
        _, want = descent(lambda w, b: [dense(w, b)], start, data, mean_square, 0.4, momentum=1.0)
        match(case, [w, b], want, 1e-5, "parameter")


@pytest.mark.clause("program.logistic.curve")
def test_logistic(row: Row, trial: Trial, device: str) -> None:
    """Thirty steps from zeros."""
    program, scores = opened(trial, "logistic_regression"), int(row["scores"])
    points, classes = program.clouds()
    target, loss = (classes[:, None], logistic) if scores == 1 else (classes, cross_entropy)
    start = np.zeros((scores, 2)), np.zeros(scores)
    data = [(points.astype(float), target)] * 30
    losses, parameters = descent(lambda w, b: [dense(w, b)], start, data, loss, program.RATE)
    with trial.case(row["way"], call=f"{row['way']}(30)") as case:
        model, got, _ = getattr(program, row["way"])(30, device)
        follows(case, got, losses, 1e-4)
        match(case, model, parameters, 1e-4, "parameter")


@pytest.mark.clause("program.logistic.falling")
def test_logistic_falls(row: Row, trial: Trial, device: str) -> None:
    """A hundred steps."""
    with trial.case(row["way"], call=f"{row['way']}()") as case:
        _, losses, accuracy = getattr(opened(trial, "logistic_regression"), row["way"])(device=device)
        case.holds("accuracy", accuracy >= 0.99, "at least 0.99", str(accuracy))
        case.holds("losses", bool((np.diff(losses) < 0).all()), "each lower than the one before", str(losses[:5]))


@pytest.mark.clause("program.two-layers.curve")
def test_two_layers(row: Row, trial: Trial, device: str) -> None:
    """Sixty steps, by every way."""
    program = opened(trial, "two_layers")
    x, y, w1, w2 = (array.astype(float) for array in program.beginning())
    steps = 10 if trial.quick else program.STEPS
    want, _ = descent(lambda u, v: [dense(u), relu, dense(v)], (w1.T, w2.T), [(x, y)] * steps, squares, program.RATE)
    with trial.case(row["way"], call=f"{row['way']}({steps})") as case:
        follows(case, getattr(program, row["way"])(steps, device), want, 1e-4)


@pytest.mark.clause("program.two-layers.gradient")
def test_own_relu(trial: Trial, device: str) -> None:
    """Left of zero, at zero, right of it."""
    torch = trial.namespace
    with trial.case("MyReLU.apply(x), torch.relu(x)", inputs="[-2, 0, 0.5, 3]") as case:
        own = opened(trial, "two_layers").MyReLU
        for name, call, at_zero in (("program's", own.apply, 3), ("library's", torch.relu, 0)):
            x = torch.tensor([-2.0, 0.0, 0.5, 3.0], requires_grad=True)
            y = call(x)
            case.same(y.detach(), floats([0, 0, 0.5, 3]), f"{name} values")
            (y * torch.tensor([2.0, 3.0, 5.0, 7.0])).sum().backward()
            case.same(x.grad, floats([0, at_zero, 5, 7]), f"{name} gradient")


@pytest.mark.clause("program.two-layers.instance")
def test_own_relu_instance(trial: Trial) -> None:
    """What older texts write."""
    torch = trial.namespace
    with trial.case("MyReLU()(x)") as case:
        own = opened(trial, "two_layers").MyReLU
        x = torch.tensor([-1.0, 2.0], requires_grad=True)
        with (
            warnings.catch_warnings(),
            case.raises("RuntimeError", "Legacy autograd function with non-static forward method is deprecated"),
        ):
            warnings.simplefilter("ignore")  # the instance alone is deprecated
            own()(x)
        own.apply(x * 3).sum().backward()
        case.same(x.grad, floats([0, 3]), "gradient by apply")


@pytest.mark.clause("program.mlp.curve")
def test_mlp(trial: Trial, device: str) -> None:
    """Twenty batches."""
    program = opened(trial, "mlp")
    steps = 4 if trial.quick else 20
    with trial.case("train", call=f"train(1, steps={steps})") as case:
        begun = arrays(trial, program.start(program.MLP(), seed=1))
        data = batches_of(program, steps, (64,))
        want, _ = descent(two_layers, begun, data, cross_entropy, program.RATE, program.MOMENTUM)
        _, losses = program.train(1, device, steps)
        follows(case, losses, want, 1e-4)


@pytest.mark.clause("program.cnn.curve")
def test_cnn(trial: Trial, device: str) -> None:
    """Ten batches."""
    program = opened(trial, "cnn")
    steps = 2 if trial.quick else 10
    with trial.case("train", call=f"train(1, steps={steps})") as case:
        begun = arrays(trial, program.start(program.CNN(), seed=1))
        data = batches_of(program, steps, (1, 8, 8))
        want, _ = descent(two_convolutions, begun, data, cross_entropy, program.RATE, program.MOMENTUM)
        _, losses = program.train(1, device, steps)
        follows(case, losses, want, 1e-4)


@pytest.mark.clause("program.mlp.accuracy")
def test_mlp_reads(trial: Trial, device: str) -> None:
    """Twelve epochs."""
    reads_digits(trial, "mlp", device)


@pytest.mark.clause("program.cnn.accuracy")
def test_cnn_reads(trial: Trial, device: str) -> None:
    """Eight epochs."""
    reads_digits(trial, "cnn", device)


@pytest.mark.clause("program.lenet.text")
def test_lenet_text(row: Row, trial: Trial) -> None:
    """Both forms."""
    pictures.lenet_text(trial, int(row["kernel"]), int(row["side"]))


@pytest.mark.clause("program.lenet.parameters")
def test_lenet_parameters(row: Row, trial: Trial) -> None:
    """Both forms."""
    pictures.lenet_parameters(trial, int(row["kernel"]), int(row["side"]))


@pytest.mark.clause("program.lenet.shape")
def test_lenet_shape(row: Row, trial: Trial, device: str) -> None:
    """One image and three."""
    pictures.lenet_shape(trial, int(row["kernel"]), device)


@pytest.mark.clause("program.lenet.grad")
def test_lenet_grad(row: Row, trial: Trial, device: str) -> None:
    """Older texts show zeros before and after."""
    pictures.lenet_grad(trial, int(row["kernel"]), device)


@pytest.mark.clause("program.lenet.gradient")
def test_lenet_gradient(row: Row, trial: Trial, device: str) -> None:
    """Two images."""
    pictures.lenet_gradient(trial, int(row["kernel"]), device)


@pytest.mark.clause("program.lenet.step")
def test_lenet_step(row: Row, trial: Trial, device: str) -> None:
    """A rate of 0.001."""
    pictures.lenet_step(trial, int(row["kernel"]), device)


@pytest.mark.clause("program.lenet.unbatched")
def test_lenet_unbatched(trial: Trial, device: str) -> None:
    """The convolution takes what the network does not."""
    pictures.lenet_unbatched(trial, device)


@pytest.mark.clause("program.lenet.mismatch")
def test_lenet_mismatch(trial: Trial, device: str) -> None:
    """Images of another data set."""
    pictures.lenet_mismatch(trial, device)


@pytest.mark.clause("program.lenet.dimensions")
def test_lenet_dimensions(trial: Trial, device: str) -> None:
    """Height and width alone."""
    pictures.lenet_dimensions(trial, device)


@pytest.mark.clause("program.unet.mismatch")
def test_unet_mismatch(trial: Trial, device: str) -> None:
    """Small sizes, and those of a message that many have met."""
    pictures.unet_mismatch(trial, device)


@pytest.mark.clause("program.unet.shape")
def test_unet_shape(trial: Trial, device: str) -> None:
    """Height and width."""
    pictures.unet_shape(trial, device)


@pytest.mark.clause("program.unet.gradient")
def test_unet_gradient(trial: Trial, device: str) -> None:
    """In double precision."""
    pictures.unet_gradient(trial, device)


@pytest.mark.clause("program.unet.training")
def test_unet_training(trial: Trial, device: str) -> None:
    """A target that can be learned."""
    pictures.unet_training(trial, device)


@pytest.mark.clause("program.resnet.parameters")
def test_resnet_parameters(trial: Trial) -> None:
    """Of width four."""
    pictures.resnet_parameters(trial)


@pytest.mark.clause("program.resnet.gradient")
def test_resnet_gradient(trial: Trial, device: str) -> None:
    """In double precision."""
    pictures.resnet_gradient(trial, device)


@pytest.mark.clause("program.resnet.training")
def test_resnet_training(trial: Trial, device: str) -> None:
    """Eight pictures."""
    pictures.resnet_training(trial, device)


@pytest.mark.clause("program.resnet.evaluation")
def test_resnet_eval(trial: Trial, device: str) -> None:
    """After two steps."""
    pictures.resnet_eval(trial, device)


@pytest.mark.clause("program.resnet.counted")
def test_resnet_counted(trial: Trial, device: str) -> None:
    """Twice."""
    pictures.resnet_counted(trial, device)


@pytest.mark.clause("program.gan.both")
def test_gan_both(trial: Trial, device: str) -> None:
    """The order that notes have."""
    rivals.both(trial, device)


@pytest.mark.clause("program.gan.freed")
def test_gan_freed(trial: Trial, device: str) -> None:
    """No graph is kept."""
    rivals.freed(trial, device)


@pytest.mark.clause("program.gan.between")
def test_gan_between(trial: Trial, device: str) -> None:
    """The weights of the discriminator are needed by both."""
    rivals.between(trial, device)


@pytest.mark.clause("program.gan.detach")
def test_gan_detach(trial: Trial, device: str) -> None:
    """The points as constants."""
    rivals.detached(trial, device)


@pytest.mark.clause("program.gan.optimizers")
def test_gan_optimizers(trial: Trial, device: str) -> None:
    """Ten steps."""
    rivals.optimizers(trial, device)


@pytest.mark.clause("program.gan.learning")
def test_gan_learning(trial: Trial, device: str) -> None:
    """Sixty steps."""
    rivals.learning(trial, device)


@pytest.mark.clause("program.shared.gradient")
def test_shared_gradient(row: Row, trial: Trial, device: str) -> None:
    """None to three uses."""
    rivals.shared_gradient(trial, int(row["repeats"]), device)


@pytest.mark.clause("program.shared.curve")
def test_shared_curve(trial: Trial, device: str) -> None:
    """Depths as the program draws them."""
    rivals.shared_curve(trial, device)


@pytest.mark.clause("program.pipeline.accuracy")
def test_pipeline_accuracy(trial: Trial, device: str) -> None:
    """Eight epochs."""
    pipeline.reads(trial, device)


@pytest.mark.clause("program.pipeline.loaded")
def test_pipeline_loaded(trial: Trial, device: str) -> None:
    """After one epoch."""
    pipeline.loaded(trial, device)


@pytest.mark.clause("program.pipeline.resumed")
def test_pipeline_resumed(trial: Trial, device: str) -> None:
    """Adam and a schedule have state as well."""
    pipeline.resumed(trial, device)


@pytest.mark.clause("program.pipeline.mismatch")
def test_pipeline_mismatch(trial: Trial, device: str) -> None:
    """Missing keys and other sizes."""
    pipeline.mismatch(trial, device)


@pytest.mark.clause("program.parallel.split")
def test_parallel_split(row: Row, trial: Trial, device: str) -> None:
    """Even parts, uneven ones, single rows."""
    pipeline.split(trial, int(row["parts"]), device)


@pytest.mark.clause("program.parallel.curve")
def test_parallel_curve(trial: Trial) -> None:
    """Every device takes its rows."""
    pipeline.parallel(trial)


@pytest.mark.clause("program.devices.curve")
def test_devices_curve(trial: Trial, pair: Pair) -> None:
    """Every pair of devices."""
    pipeline.two_devices(trial, pair)


@pytest.mark.clause("program.devices.unmoved")
def test_devices_unmoved(trial: Trial, pair: Pair) -> None:
    """Every pair of devices."""
    pipeline.unmoved(trial, pair)


@pytest.mark.clause("program.devices.back")
def test_devices_back(trial: Trial, device: str) -> None:
    """There and back."""
    pipeline.back(trial, device)
