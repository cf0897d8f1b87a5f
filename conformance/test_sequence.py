"""Laws of the chapter sequence: recurrent layers against their equations, and the gradients through them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law import attention, recurrent, transformer
from conformance.law.recurrent import BATCH, FEATURES, FLAGS, HIDDEN, Arrays, Sample, Unit, unit_of, units
from conformance.law.slopes import check_second, check_slopes
from conformance.sample import tensor

ERRORS = {"float32": (2e-5, 4e-6), "float64": (1e-11, 1e-12)}


def dtypes(trial: Trial) -> list[str]:
    """The dtypes to run."""
    return [d for d in ERRORS if trial.dtype in (None, d)] or ["float32"]


def near(case: Case, got: Any, want: np.ndarray, dtype: str, name: str) -> None:
    """Shape, dtype and values."""
    case.equal(f"dtype of {name}", got.dtype, getattr(case.trial.namespace, dtype))
    case.within(got, want, *ERRORS[dtype], name=name)


def some(trial: Trial) -> list[Unit]:
    """The units, or in a quick run those with gates and without a projection."""
    return [unit for unit in units() if not trial.quick or (unit.gates > 1 and "(" not in unit.layer)]


def options_of(chosen: tuple[bool, ...]) -> str:
    """How a combination is called."""
    return ", ".join(flag for flag, on in zip(FLAGS, chosen, strict=True) if on) or "plain"


@pytest.mark.clause("sequence.recurrent.definition")
def test_equations(row: dict[str, str], trial: Trial) -> None:
    """Every combination of layers, directions, order of dimensions, biases, batch and state."""
    unit = unit_of(row)
    for chosen in product((False, True), repeat=len(FLAGS)):
        if trial.quick and sum(chosen) not in (0, len(FLAGS)):
            continue
        for dtype in dtypes(trial):
            check_equations(unit, chosen, dtype, trial)


def check_equations(unit: Unit, chosen: tuple[bool, ...], dtype: str, trial: Trial) -> None:
    """One combination."""
    layers, both, first, unbiased, unbatched, given = chosen
    rng = trial.generator(options_of(chosen))
    made = recurrent.sample(unit, rng, 1 + layers, 1 + both, not unbiased, given)
    made.options["batch_first"] = first
    with trial.case(f"{dtype} {options_of(chosen)}", call=made.call) as case:
        output, *states = recurrent.batch(unit, made.weights, made.x, made.state)
        x, state = tensor(trial, made.x.swapaxes(0, 1) if first else made.x, dtype), made.given(trial, dtype)
        if first:
            output = output.swapaxes(0, 1)
        if unbatched:
            x, output = (x[0], output[0]) if first else (x[:, 0], output[:, 0])
            states = [t[:, 0] for t in states]
            state = tuple(t[:, 0] for t in state) if unit.pair else state[:, 0]
        found, last = made.layer(trial, dtype)(x, state) if given else made.layer(trial, dtype)(x)
        near(case, found, output, dtype, "outputs")
        for got, want, name in zip(last if unit.pair else (last,), states, ("h", "c"), strict=False):
            near(case, got, want, dtype, name)


@pytest.mark.clause("sequence.recurrent.parameters.init")
def test_init(trial: Trial) -> None:
    """Within the bounds, near both of them, the mean near zero, and none as before after `reset_parameters`."""
    torch = trial.namespace
    makers: list[tuple[str, Callable[[int], Any]]] = [
        (name, lambda hidden, name=name: getattr(torch.nn, name)(30, hidden))  # type: ignore[misc]
        for name in ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")
    ]
    for (name, make), hidden in product(makers, (25, 100)):
        with trial.case(f"{name} {hidden}", call=f"torch.nn.{name}(30, {hidden})") as case:
            module, bound = make(hidden), 1 / hidden**0.5
            check_spread(case, trial, module, bound)
            before = {each: np.array(trial.read(p.detach())) for each, p in module.named_parameters()}
            module.reset_parameters()
            check_spread(case, trial, module, bound)
            for each, p in module.named_parameters():
                case.equal(f"{each} is drawn anew", bool((trial.read(p.detach()) == before[each]).all()), False)


def check_spread(case: Case, trial: Trial, module: Any, bound: float) -> None:
    """Every parameter of a recurrent module."""
    for name, p in module.named_parameters():
        check_even(case, name, p, bound)


def check_even(case: Case, name: str, parameter: Any, bound: float) -> None:
    """Within the bounds; a matrix, which has at least 600 elements, comes near both of them, and its mean near zero."""
    values = case.trial.read(parameter.detach()).astype(np.float64)
    case.holds(f"{name} within", abs(values).max() <= bound * 1.000001, f"within {bound}", str(abs(values).max()))
    if values.ndim > 1:
        case.holds(f"{name} above", values.max() > bound * 0.96, f"near {bound}", str(values.max()))
        case.holds(f"{name} below", values.min() < -bound * 0.96, f"near {-bound}", str(values.min()))
        case.holds(f"{name} mean", abs(values.mean()) < bound * 0.15, "near 0", str(values.mean()))


def recurrent_numbers(
    made: Sample, weigh: list[np.ndarray], lengths: tuple[int, ...] | None = None
) -> Callable[[Arrays], float]:
    """The weighted sum of all results, of parameters, input `x` and states `state0`, `state1`."""

    def value(arrays: Arrays) -> float:
        weights = {name: array for name, array in arrays.items() if "_l" in name}
        state = [arrays[f"state{k}"] for k in range(len(made.state))]
        x = arrays["x"]
        results = recurrent.ragged(made.unit, weights, x, state, lengths or [x.shape[0]] * x.shape[1])
        return float(sum((w * r).sum() for w, r in zip(weigh, results, strict=True)))

    return value


def recurrent_tensors(trial: Trial, layer: Any, inputs: dict[str, Any], weigh: list[np.ndarray], dtype: str) -> Any:
    """The same of the backend."""
    states = tuple(inputs[name] for name in ("state0", "state1") if name in inputs)
    output, last = layer(inputs["x"], states if len(states) > 1 else states[0])
    results = (output, *(last if len(states) > 1 else (last,)))
    return sum((tensor(trial, w, dtype) * r).sum() for w, r in zip(weigh, results, strict=True))


def gradient_sample(unit: Unit, trial: Trial) -> tuple[Sample, Arrays, list[np.ndarray]]:
    """Two layers (in a quick run one) in two directions over three steps: the sample, its arrays by name, and weights
    of the results."""
    rng = trial.generator(unit.layer)
    made = recurrent.smooth(recurrent.sample(unit, rng, 1 if trial.quick else 2, 2))
    arrays = {**made.weights, "x": made.x[:3], **{f"state{k}": t for k, t in enumerate(made.state)}}
    results = recurrent.batch(unit, made.weights, arrays["x"], made.state)
    return made, arrays, [rng.uniform(0.5, 1.5, result.shape) for result in results]


def check_both(
    case: Case, value: Callable[[Arrays], float], arrays: Arrays, leaves: dict[str, Any], known: Arrays
) -> None:
    """Differences hold the gradients in float64, which are kept as `known`; those in float32 are held to them."""
    got = {name: leaf.grad for name, leaf in leaves.items()}
    if not known:
        check_slopes(case, value, arrays, got, 1e-6)
        known.update({name: case.trial.read(grad) for name, grad in got.items()})
        return
    for name, grad in got.items():
        case.within(grad, known[name], 1e-4, 1e-4 * max(1.0, abs(known[name]).max()), name=f"grad {name}")


@pytest.mark.clause("sequence.recurrent.gradient")
def test_gradient(trial: Trial) -> None:
    """Central differences of the NumPy definition, to some elements of every array and along a direction of all."""
    for unit in some(trial):
        made, arrays, weigh = gradient_sample(unit, trial)
        value = recurrent_numbers(made, weigh)
        known: Arrays = {}
        for dtype in ("float64", "float32"):
            with trial.case(f"{unit.layer} {dtype}", call=made.call) as case:
                layer = made.layer(trial, dtype)
                inputs = {n: tensor(trial, a, dtype).requires_grad_() for n, a in arrays.items() if "_l" not in n}
                recurrent_tensors(trial, layer, inputs, weigh, dtype).backward()
                check_both(case, value, arrays, {**dict(layer.named_parameters()), **inputs}, known)


@pytest.mark.clause("sequence.recurrent.gradient.second")
def test_second(trial: Trial) -> None:
    """Mixed differences along two directions."""
    for unit in some(trial):
        made, arrays, weigh = gradient_sample(unit, trial)
        with trial.case(unit.layer, call=made.call) as case:
            layer = made.layer(trial, "float64")
            inputs = {n: tensor(trial, a, "float64").requires_grad_() for n, a in arrays.items() if "_l" not in n}
            total = recurrent_tensors(trial, layer, inputs, weigh, "float64")
            leaves = {**dict(layer.named_parameters()), **inputs}
            check_second(case, recurrent_numbers(made, weigh), arrays, total, leaves)


def cell_unit(row: dict[str, str]) -> Unit:
    """The equations of the layer that a cell is a step of."""
    return next(unit for unit in units() if unit.layer == row["layer"])


def cell_of(trial: Trial, row: dict[str, str], weights: Arrays, dtype: str) -> Any:
    """The cell with the parameters of a layer."""
    torch = trial.namespace
    name, _, inner = row["cell"].removeprefix("torch.nn.").partition("(")
    options = {**eval(f"dict({inner.removesuffix(')')})"), "bias": "bias_ih_l0" in weights}
    made = getattr(torch.nn, name)(FEATURES, HIDDEN, **options, dtype=getattr(torch, dtype))
    return recurrent.filled(trial, made, {each.removesuffix("_l0"): w for each, w in weights.items()}, dtype)


@pytest.mark.clause("sequence.cell.definition")
def test_cell(row: dict[str, str], trial: Trial) -> None:
    """One step of the layer's equations, with and without biases, a state and a batch."""
    unit = cell_unit(row)
    for bias, given, batched, dtype in product((True, False), (True, False), (True, False), dtypes(trial)):
        name = f"{dtype} bias={bias} state={given} batch={batched}"
        made = recurrent.sample(unit, trial.generator(name), bias=bias, given=given)
        with trial.case(name, call=row["cell"]) as case:
            _, *states = recurrent.batch(unit, made.weights, made.x[:1], made.state)
            x, state = tensor(trial, made.x[0], dtype), [tensor(trial, t[0], dtype) for t in made.state]
            wanted = [t[0] for t in states]
            if not batched:
                x, state, wanted = x[1], [t[1] for t in state], [t[1] for t in wanted]
            hx = tuple(state) if unit.pair else state[0]
            got = cell_of(trial, row, made.weights, dtype)(x, *([hx] if given else []))
            for each, want, part in zip(got if unit.pair else (got,), wanted, ("h", "c"), strict=False):
                near(case, each, want, dtype, part)


@pytest.mark.clause("sequence.cell.gradient")
def test_cell_gradient(row: dict[str, str], trial: Trial) -> None:
    """Central and mixed differences of one step."""
    unit = cell_unit(row)
    rng = trial.generator(unit.layer)
    made = recurrent.smooth(recurrent.sample(unit, rng))
    arrays = {**made.weights, "x": made.x[:1], **{f"state{k}": t for k, t in enumerate(made.state)}}
    weigh = [np.zeros((1, BATCH, HIDDEN)), *(rng.uniform(0.5, 1.5, t.shape) for t in made.state)]
    value = recurrent_numbers(made, weigh)
    with trial.case("float64", call=row["cell"]) as case:
        cell = cell_of(trial, row, made.weights, "float64")
        inputs = {n: tensor(trial, a, "float64").requires_grad_() for n, a in arrays.items() if "_l" not in n}
        states = [inputs[n][0] for n in inputs if n != "x"]
        got = cell(inputs["x"][0], tuple(states) if unit.pair else states[0])
        pairs = zip(weigh[1:], got if unit.pair else (got,), strict=True)
        total: Any = sum((tensor(trial, w[0], "float64") * t).sum() for w, t in pairs)
        leaves = {**{f"{n}_l0": p for n, p in cell.named_parameters()}, **inputs}
        total.backward(retain_graph=True)
        check_slopes(case, value, arrays, {name: leaf.grad for name, leaf in leaves.items()}, 1e-6)
        check_second(case, value, arrays, total, leaves)


LENGTHS = {"falling": (5, 4, 2, 2, 1), "in any order": (2, 5, 1, 4, 2)}


def packed(trial: Trial, x: Any, order: str) -> Any:
    """A padded tensor, packed."""
    pack = trial.namespace.nn.utils.rnn.pack_padded_sequence
    return pack(x, list(LENGTHS[order]), enforce_sorted=order == "falling")


@pytest.mark.clause("sequence.packed.recurrent")
def test_packed(trial: Trial) -> None:
    """Each sequence as long as it is, in NumPy; the padding in front of the packing is NaN."""
    for number, (unit, layers, both, order) in enumerate(product(some(trial), (1, 2), (1, 2), LENGTHS)):
        given = number % 3 > 0
        name = f"{unit.layer} layers={layers} directions={both} state={given} {order}"
        lengths = LENGTHS[order]
        made = recurrent.sample(unit, trial.generator(name), layers, both, given=given, count=len(lengths))
        for dtype in dtypes(trial):
            with trial.case(f"{dtype} {name}", call=made.call) as case:
                wanted = recurrent.ragged(unit, made.weights, made.x, made.state, lengths)
                x = made.x.copy()
                for n, length in enumerate(lengths):
                    x[length:, n] = np.nan
                before = packed(trial, tensor(trial, x, dtype), order)
                layer = made.layer(trial, dtype)
                found, last = layer(before, made.given(trial, dtype)) if given else layer(before)
                case.equal("type", type(found).__name__, "PackedSequence")
                case.equal("batch sizes", found.batch_sizes.tolist(), before.batch_sizes.tolist())
                output, sizes = trial.namespace.nn.utils.rnn.pad_packed_sequence(found)
                case.equal("lengths", sizes.tolist(), list(lengths))
                results = (output, *(last if unit.pair else (last,)))
                for got, want, part in zip(results, wanted, ("outputs", "h", "c"), strict=False):
                    near(case, got, want, dtype, part)


@pytest.mark.clause("sequence.packed.recurrent.gradient")
def test_packed_gradient(trial: Trial) -> None:
    """Central differences of the sequences one by one, to parameters, states and the padded input."""
    lengths = LENGTHS["in any order"]
    for unit in some(trial):
        rng = trial.generator(unit.layer)
        made = recurrent.smooth(recurrent.sample(unit, rng, 1 if trial.quick else 2, 2, count=len(lengths)))
        arrays = {**made.weights, "x": made.x, **{f"state{k}": t for k, t in enumerate(made.state)}}
        results = recurrent.ragged(unit, made.weights, made.x, made.state, lengths)
        weigh = [rng.uniform(0.5, 1.5, result.shape) for result in results]
        known: Arrays = {}
        for dtype in ("float64", "float32"):
            with trial.case(f"{unit.layer} {dtype}", call=made.call) as case:
                layer = made.layer(trial, dtype)
                inputs = {n: tensor(trial, a, dtype).requires_grad_() for n, a in arrays.items() if "_l" not in n}
                states = tuple(inputs[n] for n in inputs if n != "x")
                found, last = layer(packed(trial, inputs["x"], "in any order"), states if unit.pair else states[0])
                output, _ = trial.namespace.nn.utils.rnn.pad_packed_sequence(found)
                pairs = zip(weigh, (output, *(last if unit.pair else (last,))), strict=True)
                sum((tensor(trial, w, dtype) * r).sum() for w, r in pairs).backward()
                value, leaves = recurrent_numbers(made, weigh, lengths), {**dict(layer.named_parameters()), **inputs}
                check_both(case, value, arrays, leaves, known)
                padding = [trial.read(inputs["x"].grad)[length:, n] for n, length in enumerate(lengths)]
                case.same(np.concatenate(padding), np.zeros((sum(5 - n for n in lengths), FEATURES)), "padding")


@pytest.mark.clause("sequence.attention.definition")
def test_attention(row: dict[str, str], trial: Trial) -> None:
    """Every kind of mask, arrangement and mode; inputs and what is returned take turns."""
    options: dict[str, Any] = eval(row["options"])
    several = product(attention.MASKS, attention.ARRANGED, transformer.MODES, dtypes(trial))
    for number, (kind, arranged, mode, dtype) in enumerate(several):
        inputs = attention.INPUTS[number // 2 % 3] if "kdim" not in options else "three"
        told = (None, "mean", "heads")[number % 3]
        name = f"{dtype} {arranged}, {inputs}, masks: {kind}, weights: {told}, {mode}"
        if not trial.quick or number % 5 == 0:
            with trial.case(name, call=f"torch.nn.MultiheadAttention(4, 2, **{options})") as case:
                check_attention(case, options, (kind, arranged, mode, dtype), inputs, told)


def check_attention(case: Case, options: dict[str, Any], way: tuple[str, ...], inputs: str, told: str | None) -> None:
    """One call."""
    kind, arranged, mode, dtype = way
    trial = case.trial
    rng = trial.generator(case.name)
    weights = attention.weights_of(options, rng)
    length = attention.QUERIES if inputs == "self" else attention.KEYS
    widths = (options.get("kdim", attention.WIDTH), options.get("vdim", attention.WIDTH))
    shapes = [(attention.QUERIES, attention.WIDTH), *((length, width) for width in widths)]
    q, k, v = (attention.drawn(rng, 1, (n, attention.BATCH, width)) for n, width in shapes)
    masks = attention.masks_of(kind, length, rng)
    k, v = (q, q) if inputs == "self" else (k, k if "same" in inputs else v)
    result, shares = attention.attended(weights, q, k, v, masks.lost, options.get("add_zero_attn", False))
    torch = trial.namespace
    first = {"batch_first": arranged == "batch first"}
    made = torch.nn.MultiheadAttention(
        attention.WIDTH, attention.HEADS, **options, **first, dtype=getattr(torch, dtype)
    )
    layer = recurrent.filled(trial, made, weights, dtype)
    query = attention.laid(trial, q, arranged, dtype)
    key = query if inputs == "self" else attention.laid(trial, k, arranged, dtype)
    value = key if k is v else attention.laid(trial, v, arranged, dtype)
    returned = {"need_weights": told is not None, "average_attn_weights": told != "heads"}
    with transformer.mode(trial, layer, mode):
        got, given = layer(query, key, value, **attention.masked(trial, masks, arranged, dtype), **returned)
    shares = shares.mean(1) if told == "mean" else shares
    if arranged == "unbatched":
        result, shares = result[:, 0], shares[0]
    near(case, got, result.swapaxes(0, 1) if arranged == "batch first" else result, dtype, "result")
    if told is None:
        case.equal("weights", given, None)
    else:
        near(case, given, shares, dtype, "weights")


@pytest.mark.clause("sequence.attention.gradient")
def test_attention_gradient(trial: Trial) -> None:
    """Central and mixed differences, without and with the weights among the results."""
    for options in ({}, {"kdim": 3, "vdim": 5, "add_bias_kv": True}):
        with trial.case(f"{options}", call=f"torch.nn.MultiheadAttention(4, 2, **{options})") as case:
            rng = trial.generator(case.name)
            weights = attention.weights_of(options, rng)
            widths = {"q": 4, "k": options.get("kdim", 4), "v": options.get("vdim", 4)}
            sizes = {"q": attention.QUERIES, "k": attention.KEYS, "v": attention.KEYS}
            arrays = {**weights, **{n: rng.uniform(-1, 1, (sizes[n], attention.BATCH, widths[n])) for n in widths}}
            masks = attention.masks_of("float", attention.KEYS, rng)
            extra = 1 if options else 0
            weigh = (
                rng.uniform(0.5, 1.5, (attention.QUERIES, attention.BATCH, 4)),
                rng.uniform(0.5, 1.5, (attention.BATCH, attention.QUERIES, attention.KEYS + extra)),
            )

            def value(given: Arrays, masks: Any = masks, weigh: Any = weigh) -> float:
                result, shares = attention.attended(given, given["q"], given["k"], given["v"], masks.lost, False)
                return float((weigh[0] * result).sum() + (weigh[1] * shares.mean(1)).sum())

            torch = trial.namespace
            made = torch.nn.MultiheadAttention(4, 2, **options, dtype=torch.float64)
            layer = recurrent.filled(trial, made, weights, "float64")
            inputs = {n: tensor(trial, arrays[n], "float64").requires_grad_() for n in "qkv"}
            result, told = layer(*inputs.values(), attn_mask=tensor(trial, masks.mask, "float64"))  # type: ignore[arg-type]
            total = sum((tensor(trial, w, "float64") * t).sum() for w, t in zip(weigh, (result, told), strict=True))
            leaves = {**dict(layer.named_parameters()), **inputs}
            total.backward(retain_graph=True)
            check_slopes(case, value, arrays, {name: leaf.grad for name, leaf in leaves.items()}, 1e-6)
            check_second(case, value, arrays, total, leaves)


@pytest.mark.clause("sequence.attention.parameters.init")
def test_attention_init(trial: Trial) -> None:
    """X. Glorot and Y. Bengio (2010): from `-sqrt(6 / (fan_in + fan_out))` to that."""
    torch = trial.namespace
    for options in ({}, {"kdim": 100, "vdim": 20}, {"add_bias_kv": True}):
        with trial.case(f"{options}", call=f"torch.nn.MultiheadAttention(40, 2, **{options})") as case:
            layer = torch.nn.MultiheadAttention(40, 2, **options)
            for name, p in layer.named_parameters():
                if name == "out_proj.weight":
                    check_even(case, name, p, 40**-0.5)
                elif name.endswith("weight"):
                    check_even(case, name, p, (6 / sum(p.shape)) ** 0.5)
                elif name.startswith("bias"):
                    spread = float(np.std(trial.read(p.detach())))  # normal, and its deviation sqrt(2 / (40 + 40))
                    case.holds(name, 0.08 < spread < 0.26, "0.158", str(spread))
                else:
                    case.same(p.detach(), np.zeros(p.shape, np.float32), name)


@pytest.mark.clause("sequence.transformer.whole.init")
def test_transformer_init(trial: Trial) -> None:
    """All that has two dimensions, the last projection of attention too, and a part of one's own."""
    torch = trial.namespace
    with trial.case("Transformer", call="torch.nn.Transformer(32, 2, 1, 1, 40, batch_first=True)") as case:
        whole = torch.nn.Transformer(32, 2, 1, 1, 40, batch_first=True)
        for name, p in whole.named_parameters():
            if len(p.shape) > 1:
                check_even(case, name, p, (6 / sum(p.shape)) ** 0.5)
        own = torch.nn.Linear(32, 40)
        torch.nn.Transformer(32, 2, custom_encoder=own, custom_decoder=torch.nn.Linear(1, 1))
        check_even(case, "custom encoder", own.weight, (6 / 72) ** 0.5)


@pytest.mark.clause("sequence.transformer.encoder.layer")
def test_encoder_layer(trial: Trial) -> None:
    """The composition of its parts."""
    transformer.check_encoder_layer(trial)


@pytest.mark.clause("sequence.transformer.decoder.layer")
def test_decoder_layer(trial: Trial) -> None:
    """The composition of its parts."""
    transformer.check_decoder_layer(trial)


@pytest.mark.clause("sequence.transformer.stack")
def test_stack(trial: Trial) -> None:
    """Layer after layer."""
    transformer.check_stack(trial)


@pytest.mark.clause("sequence.transformer.layer.gradient")
def test_layer_gradient(trial: Trial) -> None:
    """Every parameter."""
    transformer.check_gradient(trial)


@pytest.mark.clause("sequence.dtype.every")
def test_made(row: dict[str, str], trial: Trial) -> None:
    """float64 and a device, for every parameter and the result."""
    torch = trial.namespace
    own = ("transformer",) if "Transformer" in row["layer"] else ()
    with trial.case("float64", call=row["layer"], requires=own) as case:
        made = {"dtype": torch.float64, "device": trial.device}
        layer = eval(row["layer"].removesuffix(")") + ", **made)", {"torch": torch, "made": made})
        for name, p in layer.named_parameters():
            case.equal(f"dtype of {name}", p.dtype, torch.float64)
            case.equal(f"device of {name}", p.device.type, torch.device(trial.device).type)
        result = layer(*[torch.ones(shape, **made) for shape in eval(row["inputs"])])
        result = result[0] if isinstance(result, tuple) else result
        case.equal("dtype of the result", result.dtype, torch.float64)
        case.equal("device of the result", result.device.type, torch.device(trial.device).type)
