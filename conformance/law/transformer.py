"""The layers of a transformer as compositions of their own parts."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.law.slopes import Arrays, check_slopes
from conformance.sample import tensor

WIDTH, HEADS, INNER = 4, 2, 8
STEPS, MEMORY, BATCH = 3, 5, 2
ERROR = 2e-5
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"norm_first": True},
    {"activation": "gelu", "batch_first": True},
    {"activation": "gelu", "batch_first": True, "norm_first": True, "layer_norm_eps": 0.1},
    {"batch_first": True, "bias": False},
    {"batch_first": True},
)
MASKS = ("none", "causal", "padding", "both")
MODES = ("training", "evaluation", "evaluation without gradients")


@contextmanager
def mode(trial: Trial, module: Any, name: str) -> Iterator[None]:
    """Training, or evaluation with or without gradients."""
    module.train(name == "training")
    with trial.namespace.set_grad_enabled(not name.endswith("without gradients")):
        yield


def fed(layer: Any, x: Any) -> Any:
    """The linear layers."""
    return layer.linear2(layer.activation(layer.linear1(x)))


def seen(attention: Any, x: Any, keys: Any, masks: tuple[Any, Any]) -> Any:
    """What attention gives."""
    return attention(x, keys, keys, attn_mask=masks[0], key_padding_mask=masks[1], need_weights=False)[0]


def encoded(layer: Any, x: Any, masks: tuple[Any, Any] = (None, None)) -> Any:
    """An encoder layer, of its parts."""
    if layer.norm_first:
        inner = layer.norm1(x)
        x = x + seen(layer.self_attn, inner, inner, masks)
        return x + fed(layer, layer.norm2(x))
    x = layer.norm1(x + seen(layer.self_attn, x, x, masks))
    return layer.norm2(x + fed(layer, x))


def decoded(
    layer: Any, x: Any, memory: Any, masks: tuple[Any, Any] = (None, None), others: tuple[Any, Any] = (None, None)
) -> Any:
    """A decoder layer, of its parts."""
    if layer.norm_first:
        inner = layer.norm1(x)
        x = x + seen(layer.self_attn, inner, inner, masks)
        x = x + seen(layer.multihead_attn, layer.norm2(x), memory, others)
        return x + fed(layer, layer.norm3(x))
    x = layer.norm1(x + seen(layer.self_attn, x, x, masks))
    x = layer.norm2(x + seen(layer.multihead_attn, x, memory, others))
    return layer.norm3(x + fed(layer, x))


def drawn(trial: Trial, module: Any, name: str) -> Any:
    """The module with parameters from minus one half to one half, so that no bias is zero and no scale is one."""
    rng = trial.generator(name)
    module = module.to(trial.device)
    with trial.namespace.no_grad():
        for parameter in module.parameters():
            parameter.copy_(tensor(trial, rng.uniform(-0.5, 0.5, tuple(parameter.shape)), "float64"))
    return module


def masks_of(trial: Trial, kind: str, length: int) -> tuple[Any, Any]:
    """A causal mask, and one of the padding of two sequences; each None where the kind has it not."""
    causal = np.triu(np.ones((STEPS, length), np.bool_), 1 + length - STEPS)
    padding = np.arange(length) >= np.array([[length], [length - 1]])
    return (
        tensor(trial, causal, "bool") if kind in ("causal", "both") else None,
        tensor(trial, padding, "bool") if kind in ("padding", "both") else None,
    )


def inputs_of(trial: Trial, name: str, batch_first: bool) -> tuple[Any, Any]:
    """A sequence, and a longer one."""
    rng = trial.generator(name)
    found = [rng.uniform(-1, 1, (length, BATCH, WIDTH)) for length in (STEPS, MEMORY)]
    one, other = (tensor(trial, t.swapaxes(0, 1) if batch_first else t, "float32") for t in found)
    return one, other


def ways(trial: Trial) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """A name, options, a kind of masks and a mode."""
    for number, (options, kind, chosen) in enumerate(product(OPTIONS, MASKS, MODES)):
        if not trial.quick or number % 5 == 0:
            yield f"{options}, masks: {kind}, {chosen}", options, kind, chosen


def check_encoder_layer(trial: Trial) -> None:
    """Every option, mask and mode; masked it differs from unmasked."""
    for name, options, kind, chosen in ways(trial):
        with trial.case(name, call=f"torch.nn.TransformerEncoderLayer(4, 2, 8, 0.0, **{options})") as case:
            layer = drawn(trial, trial.namespace.nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, 0.0, **options), name)
            x, _ = inputs_of(trial, name, options.get("batch_first", False))
            masks = masks_of(trial, kind, STEPS)
            with mode(trial, layer, chosen):
                got = layer(x, src_mask=masks[0], src_key_padding_mask=masks[1])
                free = layer(x) if kind != "none" else None
            check_same(case, got, encoded(layer, x, masks), free)


def check_decoder_layer(trial: Trial) -> None:
    """Every option, mask and mode; masks on both attentions."""
    for name, options, kind, chosen in ways(trial):
        if chosen == "evaluation":
            continue
        with trial.case(name, call=f"torch.nn.TransformerDecoderLayer(4, 2, 8, 0.0, **{options})") as case:
            layer = drawn(trial, trial.namespace.nn.TransformerDecoderLayer(WIDTH, HEADS, INNER, 0.0, **options), name)
            x, memory = inputs_of(trial, name, options.get("batch_first", False))
            masks, others = masks_of(trial, kind, STEPS), masks_of(trial, kind, MEMORY)
            given = {"tgt_mask": masks[0], "tgt_key_padding_mask": masks[1]}
            given |= {"memory_mask": others[0], "memory_key_padding_mask": others[1]}
            with mode(trial, layer, chosen):
                got = layer(x, memory, **given)
                free = layer(x, memory) if kind != "none" else None
            check_same(case, got, decoded(layer, x, memory, masks, others), free)


def check_same(case: Case, got: Any, want: Any, free: Any) -> None:
    """The result equals the composition, and differs from the one without masks."""
    want = case.trial.read(want.detach()).astype(np.float64)
    case.within(got.detach(), want, ERROR, ERROR, name="result")
    if free is not None:
        differs = bool(abs(case.trial.read(free.detach()) - want).max() > 1e-3)
        case.holds("masks matter", differs, "another result than without masks", "the same")


def check_stack(trial: Trial) -> None:
    """Encoders and decoders, with a normalisation and without; what is padded in the end is free."""
    torch = trial.namespace
    for number, (kind, chosen) in enumerate(product(MASKS, MODES)):
        normed = number % 2 > 0
        if trial.quick and number % 4:
            continue
        name = f"masks: {kind}, {chosen}, {'with' if normed else 'without'} a normalisation"
        masks = masks_of(trial, kind, STEPS)
        x, memory = inputs_of(trial, name, True)
        norm = torch.nn.LayerNorm(WIDTH) if normed else None
        keep = np.ones((BATCH, STEPS), np.bool_) if masks[1] is None else ~trial.read(masks[1])
        with trial.case(f"encoder, {name}", call="torch.nn.TransformerEncoder(layer, 2, norm)") as case:
            layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, INNER, 0.0, batch_first=True)
            stack = drawn(trial, torch.nn.TransformerEncoder(layer, 2, norm), name)
            with mode(trial, stack, chosen), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # nested tensors are in prototype stage
                got = stack(x, masks[0], masks[1])
            want = x
            for each in stack.layers:
                want = encoded(each, want, masks)
            want = want if stack.norm is None else stack.norm(want)
            found, wanted = (trial.read(t.detach())[keep] for t in (got, want))
            case.within(found, wanted.astype(np.float64), ERROR * 3, ERROR * 3, name="result")
        with trial.case(f"decoder, {name}", call="torch.nn.TransformerDecoder(layer, 2, norm)") as case:
            layer = torch.nn.TransformerDecoderLayer(WIDTH, HEADS, INNER, 0.0, batch_first=True)
            stack = drawn(trial, torch.nn.TransformerDecoder(layer, 2, norm), name)
            with mode(trial, stack, chosen):
                got = stack(x, memory, masks[0], None, masks[1])
            want = x
            for each in stack.layers:
                want = decoded(each, want, memory, masks)
            check_same(case, got, want if stack.norm is None else stack.norm(want), None)


def check_gradient(trial: Trial) -> None:
    """Central differences of the layer itself, to every parameter and both inputs."""
    torch = trial.namespace
    for kind in ("Decoder",) if trial.quick else ("Encoder", "Decoder"):
        with trial.case(kind, call=f"torch.nn.Transformer{kind}Layer(4, 2, 8, 0.0)") as case:
            maker = getattr(torch.nn, f"Transformer{kind}Layer")
            layer = drawn(trial, maker(WIDTH, HEADS, INNER, 0.0, "gelu", dtype=torch.float64), kind)
            rng = trial.generator(kind)
            arrays = {name: np.array(trial.read(p.detach())) for name, p in layer.named_parameters()}
            arrays |= {n: rng.uniform(-1, 1, (STEPS, BATCH, WIDTH)) for n in ("x", "memory")[: 1 + (kind == "Decoder")]}
            weigh = tensor(trial, rng.uniform(0.5, 1.5, (STEPS, BATCH, WIDTH)), "float64")

            def value(given: Arrays, layer: Any = layer, weigh: Any = weigh) -> float:
                with torch.no_grad():
                    for name, p in layer.named_parameters():
                        p.copy_(tensor(trial, given[name], "float64"))
                    inputs = [tensor(trial, given[n], "float64") for n in ("x", "memory") if n in given]
                    return float((layer(*inputs) * weigh).sum())

            inputs = {n: tensor(trial, arrays[n], "float64").requires_grad_() for n in ("x", "memory") if n in arrays}
            (layer(*inputs.values()) * weigh).sum().backward()
            leaves = {**dict(layer.named_parameters()), **inputs}
            got = {name: leaf.grad.clone() for name, leaf in leaves.items()}
            for name in arrays:
                moves = bool(abs(trial.read(got[name])).max() > 1e-6)
                case.holds(f"grad {name} is not zero", moves, "numbers", "zeros")
            check_slopes(case, value, arrays, got, 1e-5)
