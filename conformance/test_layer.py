"""Laws of the chapter layer: a layer is its function, its first values, and blocks of several layers."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law import layers

SEED = 5
FLOATS = ("float64", "float32")


@pytest.mark.clause("layer.linear.definition")
def test_linear(row: dict[str, str], trial: Trial) -> None:
    """Linear layers."""
    layers.check(row, trial)


@pytest.mark.clause("layer.conv.definition")
def test_conv(row: dict[str, str], trial: Trial) -> None:
    """Convolutions and their adjoints."""
    layers.check(row, trial)


@pytest.mark.clause("layer.conv.padding-mode")
def test_padding_mode(row: dict[str, str], trial: Trial) -> None:
    """Convolutions with a border of their input's own elements."""
    layers.check(row, trial)


@pytest.mark.clause("layer.pool.definition")
def test_pool(row: dict[str, str], trial: Trial) -> None:
    """Poolings."""
    layers.check(row, trial)


@pytest.mark.clause("layer.pad.definition")
def test_pad(row: dict[str, str], trial: Trial) -> None:
    """Borders."""
    layers.check(row, trial)


@pytest.mark.clause("layer.activation.definition")
def test_activation(row: dict[str, str], trial: Trial) -> None:
    """Activations."""
    layers.check(row, trial)


@pytest.mark.clause("layer.batch.definition")
def test_batch(row: dict[str, str], trial: Trial) -> None:
    """Batch normalisations, and where their buffers go."""
    layers.check(row, trial)


@pytest.mark.clause("layer.norm.definition")
def test_norm(row: dict[str, str], trial: Trial) -> None:
    """Other normalisations."""
    layers.check(row, trial)


@pytest.mark.clause("layer.dropout.definition")
def test_dropout(row: dict[str, str], trial: Trial) -> None:
    """Dropout, from the same seed."""
    layers.check(row, trial)


@pytest.mark.clause("layer.embedding.definition")
def test_embedding(row: dict[str, str], trial: Trial) -> None:
    """Tables."""
    layers.check(row, trial)


@pytest.mark.clause("layer.shape.definition")
def test_shape(row: dict[str, str], trial: Trial) -> None:
    """Shapes, sizes, orders and distances."""
    layers.check(row, trial)


def made(trial: Trial, source: str) -> Any:
    """The layer that a cell describes."""
    return eval(source, {"torch": trial.namespace})


def with_option(source: str, option: str) -> str:
    """The constructor's call with one argument more."""
    return f"{source[:-1]}, {option})"


@pytest.mark.clause("layer.arguments")
def test_arguments(row: dict[str, str], trial: Trial) -> None:
    """By position as by name; the defaults written out as left away; what is given is found again."""
    kind = made(trial, row["layer"])
    given: dict[str, Any] = eval(f"dict({row['given']})")
    default: dict[str, Any] = eval(f"dict({row['default']})")
    needed = {name: value for name, value in given.items() if name not in default}
    names = [name for name in given if not name.startswith("_")]
    with trial.case("by name", call=f"{row['layer']}({row['given']})") as case:
        named = kind(**given)
        for name in names:
            told = f"{getattr(named, attribute(kind, name))!r}"
            case.holds(name, kept(named, name, given[name]), f"{given[name]!r}", told)
    with trial.case("by position", call=f"{row['layer']}({', '.join(map(repr, given.values()))})") as case:
        same(case, kind(*given.values()), kind(**given), names)
    with trial.case("default", call=f"{row['layer']}({', '.join(f'{k}={v!r}' for k, v in needed.items())})") as case:
        same(case, kind(**needed), kind(**needed, **default), names)


def attribute(kind: Any, name: str) -> str:
    """Where an argument is kept."""
    return "norm" if (kind.__name__, name) == ("PairwiseDistance", "p") else name


def kept(layer: Any, name: str, value: Any) -> bool:
    """Whether an attribute has the value, or a tuple of it for each dimension; a bias is there or None."""
    found = getattr(layer, attribute(type(layer), name))
    if name == "bias":
        return bool((found is not None) == value)
    return bool(found == value or (isinstance(found, tuple) and set(found) == {value}))


def same(case: Case, one: Any, other: Any, names: list[str]) -> None:
    """Both layers have the same settings."""
    for name in names:
        first, second = (getattr(layer, attribute(type(layer), name)) for layer in (one, other))
        if name == "bias":
            first, second = first is None, second is None
        case.equal(name, first, second)


def floating(layer: Any) -> dict[str, Any]:
    """Parameters and buffers, except for numbers of batches."""
    tensors = {**dict(layer.named_parameters()), **dict(layer.named_buffers())}
    return {name: t for name, t in tensors.items() if name != "num_batches_tracked"}


@pytest.mark.clause("layer.dtype")
def test_dtype(row: dict[str, str], trial: Trial) -> None:
    """In float64, float32, and bfloat16 where there is one."""
    torch = trial.namespace
    for name in (*FLOATS, "bfloat16"):
        source = with_option(row["layer"], f"dtype=torch.{name}")
        with trial.case(name, call=source, requires=("bf16",) if name == "bfloat16" else ()) as case:
            layer = made(trial, source)
            for key, t in floating(layer).items():
                case.equal(f"dtype of {key}", t.dtype, getattr(torch, name))
            for key, t in layer.named_buffers():
                if key == "num_batches_tracked":
                    case.equal(f"dtype of {key}", t.dtype, torch.int64)
            case.holds("tensors", len(floating(layer)) > 0, "some", "none")


@pytest.mark.clause("layer.device")
def test_device(row: dict[str, str], trial: Trial) -> None:
    """On the accelerator and on the CPU, whatever the default."""
    torch = trial.namespace
    for place in (str(trial.backend.accelerator), "cpu"):
        source = with_option(row["layer"], f"device={place!r}")
        with trial.case(place, call=source) as case:
            layer = made(trial, source)
            for name, t in [*layer.named_parameters(), *layer.named_buffers()]:
                case.equal(f"device of {name}", t.device.type, torch.device(place).type)
            result = layer(*[t.to(place) for t in layers.inputs(trial, row["inputs"], "float32").values()])
            case.equal("device of the result", result.device.type, torch.device(place).type)
            case.holds("the result", bool(np.isfinite(trial.read(result)).all()), "finite", "not finite")


@pytest.mark.clause("layer.reset")
def test_reset(row: dict[str, str], trial: Trial) -> None:
    """After every value was overwritten; then once more without a seed, where the layer draws."""
    torch = trial.namespace
    with trial.case("reset", call=f"m = {row['layer']}; m.reset_parameters()") as case:
        torch.manual_seed(SEED)
        layer = made(trial, row["layer"])
        first = {name: trial.read(t).copy() for name, t in state(layer).items()}
        before = dict(layer.named_parameters())
        with torch.no_grad():
            for t in state(layer).values():
                t.fill_(7)
        torch.manual_seed(SEED)
        layer.reset_parameters()
        for name, t in state(layer).items():
            case.same(t, first[name], name)
        for name, t in layer.named_parameters():
            case.holds(f"{name} is the same object", t is before[name], "the same", "another")
            case.equal(f"{name}.requires_grad", t.requires_grad, True)
            case.equal(f"{name}.grad_fn", t.grad_fn, None)
        layer.reset_parameters()
        drawn = len(np.unique(first["weight"])) > 2
        changed = bool((trial.read(layer.weight) != first["weight"]).any())
        case.equal("values drawn anew", changed, drawn)


def state(layer: Any) -> dict[str, Any]:
    """Every tensor of a layer by name."""
    return {**dict(layer.named_parameters()), **dict(layer.named_buffers())}


@pytest.mark.clause("layer.init.uniform")
def test_uniform(row: dict[str, str], trial: Trial) -> None:
    """Within the bound and near to it on both sides; mean and variance within six standard errors; no two alike."""
    bound = float(eval(row["bound"]))
    with trial.case("first values", call=row["layer"]) as case:
        trial.namespace.manual_seed(SEED)
        layer, other = made(trial, row["layer"]), made(trial, row["layer"])
        for name, t in layer.named_parameters():
            x = trial.read(t).astype(np.float64).ravel()
            edge = bound * (1 + 1e-6)
            reach = 1 - 12 / x.size
            case.holds(f"{name} within", bool((abs(x) <= edge).all()), f"±{bound}", f"{abs(x).max()}")
            case.holds(f"{name} above", bool(x.max() > bound * reach), f"{bound}", f"{x.max()}")
            case.holds(f"{name} below", bool(x.min() < -bound * reach), f"{-bound}", f"{x.min()}")
            error = bound / np.sqrt(3 * x.size)
            case.holds(f"{name} mean", bool(abs(x.mean()) < 6 * error), f"±{6 * error:.3g}", f"{x.mean():.3g}")
            variance, spread = bound**2 / 3, bound**2 * np.sqrt(4 / 45 / x.size)
            far = abs((x**2).mean() - variance)
            case.holds(f"{name} variance", bool(far < 6 * spread), f"{variance:.3g}", f"{(x**2).mean():.3g}")
            case.holds(f"{name} distinct", len(np.unique(x)) > 0.9 * x.size, "distinct values", "equal ones")
            again = trial.read(getattr(other, name)).ravel()
            case.holds(f"{name} of another layer", bool((again != x).any()), "other values", "the same")


@pytest.mark.clause("layer.init.kaiming")
def test_kaiming(row: dict[str, str], trial: Trial) -> None:
    """From one seed; the bias is the second draw."""
    torch = trial.namespace
    with trial.case("first values", call=row["layer"]) as case:
        torch.manual_seed(SEED)
        layer = made(trial, row["layer"])
        torch.manual_seed(SEED)
        weight = torch.nn.init.kaiming_uniform_(torch.empty(*layer.weight.shape), a=5**0.5)
        bound = 1 / float(np.prod(tuple(layer.weight.shape[1:]))) ** 0.5
        bias = torch.nn.init.uniform_(torch.empty(*layer.bias.shape), -bound, bound)
        case.close(layer.weight, trial.read(weight), "float32", 4, "weight")
        case.close(layer.bias, trial.read(bias), "float32", 4, "bias")
        case.holds("values", len(np.unique(trial.read(weight))) > 10, "many values", "few")


@pytest.mark.clause("layer.init.normal")
def test_normal(row: dict[str, str], trial: Trial) -> None:
    """Mean, variance and fourth moment within six standard errors."""
    with trial.case("first values", call=row["layer"]) as case:
        trial.namespace.manual_seed(SEED)
        x = trial.read(made(trial, row["layer"]).weight).astype(np.float64).ravel()
        for power, want, spread in ((1, 0.0, 1.0), (2, 1.0, 2.0), (4, 3.0, 96.0)):
            error = 6 * np.sqrt(spread / x.size)
            got = float((x**power).mean())
            case.holds(f"moment {power}", abs(got - want) < error, f"{want} ± {error:.3g}", f"{got:.4g}")


def refuses(row: dict[str, str], trial: Trial) -> None:
    """ValueError with the row's words, and no trace of the input."""
    torch = trial.namespace
    with trial.case("rank", call=f"{row['layer']}(torch.ones{row['shape']})") as case:
        layer = made(trial, row["layer"])
        with case.raises("ValueError", ast.literal_eval(row["words"])):
            layer(torch.ones(*ast.literal_eval(row["shape"])))
        for name, t in layer.named_buffers():
            case.same(t, np.ones(3) if name == "running_var" else np.zeros(t.shape), name)


@pytest.mark.clause("layer.batch.rank")
def test_batch_rank(row: dict[str, str], trial: Trial) -> None:
    """The buffers stay, the number of batches too."""
    refuses(row, trial)


@pytest.mark.clause("layer.norm.instance.rank")
def test_instance_rank(row: dict[str, str], trial: Trial) -> None:
    """As for batches."""
    refuses(row, trial)


def double(torch: Any) -> Any:
    """Two convolutions, each with a normalisation and a rectifier that overwrites."""
    nn = torch.nn
    first = nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True)
    second = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True)
    return nn.Sequential(*first, *second)


def residual(torch: Any) -> Any:
    """Two convolutions and a way round them, which a convolution of one pixel with a stride takes."""
    nn = torch.nn

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(4)
            self.conv2 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(4)
            self.relu = nn.ReLU(inplace=True)
            self.down = nn.Sequential(nn.Conv2d(2, 4, 1, stride=2, bias=False), nn.BatchNorm2d(4))

        def forward(self, x: Any) -> Any:
            y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            y += self.down(x)
            return self.relu(y)

    return Block()


def images(trial: Trial) -> Any:
    """A batch of three images."""
    values = trial.generator("images").uniform(-1, 1, (3, 2, 8, 6))
    return trial.namespace.tensor(values.tolist())


def train(case: Case, block: Any, x: Any, shape: tuple[int, ...]) -> None:
    """Ten steps along the gradient of the squared distance from a target."""
    torch = case.trial.namespace
    target = torch.tensor(case.trial.generator("target").uniform(0, 2, shape).tolist())
    losses = []
    for _ in range(10):
        result = block(x)
        case.equal("shape", tuple(result.shape), shape)
        loss = ((result - target) ** 2).mean()
        losses.append(loss.item())
        block.zero_grad()
        loss.backward()
        with torch.no_grad():
            for name, p in block.named_parameters():
                case.holds(f"gradient of {name}", p.grad is not None, "a gradient", "None")
                p -= 0.1 * p.grad
    case.holds("loss", losses[-1] < 0.9 * losses[0], f"below {0.9 * losses[0]:.3g}", f"{losses[-1]:.3g}")
    for name, p in block.named_parameters():
        alone = name in ("0.bias", "3.bias")  # the normalisation takes the mean away
        moved = float(np.abs(case.trial.read(p.grad)).max())
        case.holds(f"gradient of {name}", alone or moved > 0, "not zero", f"{moved}")


@pytest.mark.clause("layer.block.double")
def test_double(trial: Trial) -> None:
    """The input of the block is not overwritten."""
    torch = trial.namespace
    with trial.case("train", call="conv, bn, relu_, conv, bn, relu_") as case:
        torch.manual_seed(SEED)
        x = images(trial)
        before = trial.read(x).copy()
        block = double(torch)
        train(case, block, x, (3, 4, 8, 6))
        case.same(x, before, "input")
        case.equal("batches", block[1].num_batches_tracked.item(), 10)


@pytest.mark.clause("layer.block.residual")
def test_residual(trial: Trial) -> None:
    """Half the height and half the width; the zero weight leaves what went round."""
    torch = trial.namespace
    with trial.case("train", call="relu(bn(conv(relu(bn(conv(x))))) + bn(conv(x)))") as case:
        torch.manual_seed(SEED)
        train(case, residual(torch), images(trial), (3, 4, 4, 3))
    with trial.case("zero", call="block.bn2.weight = 0") as case:
        torch.manual_seed(SEED)
        block = residual(torch)
        with torch.no_grad():
            block.bn2.weight.zero_()
        x = images(trial)
        went = trial.read(block(x))
        case.close(went, np.maximum(trial.read(block.down(x)), 0), "float32", 4)
        case.holds("values", bool(went.max() > 0.5), "above a half", f"{went.max()}")
