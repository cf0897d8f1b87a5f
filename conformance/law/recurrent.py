"""Recurrent layers as NumPy defines them: one sequence at a time, by the equations of a table.

A row says what becomes of the state: `u` and `v` are what the input and the state give to the gates, cut into as many
parts, `s` is the logistic function, `c` and `h` are the states. `c` is worked out first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from types import CodeType
from typing import Any

import numpy as np
from scipy.special import expit

from conformance import specification
from conformance.case import Trial
from conformance.sample import tensor

Arrays = dict[str, np.ndarray]
Row = Mapping[str, str]

FEATURES, HIDDEN = 3, 4
STEPS, BATCH = 5, 2
FLAGS = ("two layers", "bidirectional", "batch_first", "without bias", "unbatched", "given state")


@dataclass(frozen=True)
class Unit:
    """A row of the table of equations."""

    layer: str
    gates: int
    cell: str
    hidden: str

    @property
    def name(self) -> str:
        """The class: `LSTM`."""
        return self.layer.removeprefix("torch.nn.").split("(", maxsplit=1)[0]

    @property
    def own(self) -> dict[str, Any]:
        """The options that the row gives."""
        _, _, inner = self.layer.partition("(")
        found: dict[str, Any] = eval(f"dict({inner.removesuffix(')')})")
        return found

    @property
    def pair(self) -> bool:
        """Whether the state has two parts."""
        return bool(self.cell)

    def step(self, u: np.ndarray, v: np.ndarray, h: np.ndarray, c: Any) -> tuple[np.ndarray, Any]:
        """The new states."""
        names = {"np": np, "s": expit, "u": np.split(u, self.gates), "v": np.split(v, self.gates), "h": h, "c": c}
        if self.cell:
            names["c"] = eval(compiled(self.cell), names)
        return eval(compiled(self.hidden), names), names["c"]


@cache
def compiled(formula: str) -> CodeType:
    """A formula, read once."""
    return compile(formula, "<equation>", "eval")


def unit_of(row: Row) -> Unit:
    """The unit of a row."""
    return Unit(row["layer"], int(row["gates"]), row["c"], row["h"])


def units() -> list[Unit]:
    """All units that the specification has."""
    return [unit_of(row) for row in specification.load().clauses["sequence.recurrent.definition"].tables[0].records()]


def walk(unit: Unit, weights: Arrays, suffix: str, x: np.ndarray, state: list[np.ndarray]) -> tuple[Any, list[Any]]:
    """One layer in one direction over `(L, F)`: the outputs, and the last state."""
    w, u_bias, v_bias = (
        weights["weight_hh" + suffix],
        weights.get("bias_ih" + suffix, 0),
        weights.get("bias_hh" + suffix, 0),
    )
    h, c = state[0], state[1] if unit.pair else None
    outputs = []
    for each in x[::-1] if "reverse" in suffix else x:
        h, c = unit.step(weights["weight_ih" + suffix] @ each + u_bias, w @ h + v_bias, h, c)
        if "weight_hr" + suffix in weights:
            h = weights["weight_hr" + suffix] @ h
        outputs.append(h)
    found = np.array(outputs)
    return (found[::-1] if "reverse" in suffix else found), [h, c] if unit.pair else [h]


def sequence(
    unit: Unit, weights: Arrays, x: np.ndarray, state: list[np.ndarray]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """All layers over one sequence `(L, F)`, from states `(layers * D, H)`."""
    suffixes = [name.removeprefix("weight_ih") for name in weights if name.startswith("weight_ih")]
    directions = 2 if any("reverse" in suffix for suffix in suffixes) else 1
    lasts = []
    for start in range(0, len(suffixes), directions):
        sides = []
        for k in range(start, start + directions):
            outputs, last = walk(unit, weights, suffixes[k], x, [t[k] for t in state])
            sides.append(outputs)
            lasts.append(last)
        x = np.concatenate(sides, 1)
    return x, [np.array(parts) for parts in zip(*lasts, strict=True)]


def ragged(
    unit: Unit, weights: Arrays, x: np.ndarray, state: list[np.ndarray], lengths: Sequence[int]
) -> tuple[np.ndarray, ...]:
    """Every sequence of `(L, N, F)` by itself, as long as it is: the outputs, with zeros behind, and the states."""
    found = [sequence(unit, weights, x[:length, n], [t[:, n] for t in state]) for n, length in enumerate(lengths)]
    outputs = np.zeros((x.shape[0], len(found), found[0][0].shape[1]))
    for n, (output, _) in enumerate(found):
        outputs[: len(output), n] = output
    return outputs, *(np.stack([last[k] for _, last in found], 1) for k in range(len(state)))


def batch(unit: Unit, weights: Arrays, x: np.ndarray, state: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Every sequence of `(L, N, F)` by itself: the outputs, and the states."""
    return ragged(unit, weights, x, state, [x.shape[0]] * x.shape[1])


@dataclass(frozen=True)
class Sample:
    """A unit with options, and numbers for it."""

    unit: Unit
    options: dict[str, Any]
    weights: Arrays
    x: np.ndarray
    state: list[np.ndarray]

    @property
    def call(self) -> str:
        """How the layer is made."""
        told = [str(FEATURES), str(HIDDEN), *(f"{name}={value!r}" for name, value in self.options.items())]
        return f"torch.nn.{self.unit.name}({', '.join(told)})"

    def layer(self, trial: Trial, dtype: str) -> Any:
        """The backend's layer with the sample's parameters."""
        torch = trial.namespace
        made = getattr(torch.nn, self.unit.name)(FEATURES, HIDDEN, **self.options, dtype=getattr(torch, dtype))
        return filled(trial, made, self.weights, dtype)

    def given(self, trial: Trial, dtype: str) -> Any:
        """The first state as the layer takes it."""
        parts = [tensor(trial, t, dtype) for t in self.state]
        return tuple(parts) if self.unit.pair else parts[0]


def filled(trial: Trial, module: Any, weights: Arrays, dtype: str) -> Any:
    """The module with these parameters, written in place, on the device under test."""
    module = module.to(trial.device)
    parameters = dict(module.named_parameters())
    if set(parameters) != set(weights):
        raise ValueError(f"the parameters are {sorted(parameters)}, not {sorted(weights)}")
    with trial.namespace.no_grad():
        for name, values in weights.items():
            parameters[name].copy_(tensor(trial, values, dtype))
    return module


def shapes(unit: Unit, layers: int, directions: int, bias: bool) -> dict[str, tuple[int, ...]]:
    """The parameters' shapes by name, in their order."""
    width = unit.own.get("proj_size", HIDDEN)
    gates = unit.gates * HIDDEN
    found: dict[str, tuple[int, ...]] = {}
    for layer, suffix in product(range(layers), ("", "_reverse")[:directions]):
        own = {"weight_ih": (gates, width * directions if layer else FEATURES), "weight_hh": (gates, width)}
        biases = {"bias_ih": (gates,), "bias_hh": (gates,)} if bias else {}
        projection = {"weight_hr": (width, HIDDEN)} if "proj_size" in unit.own else {}
        parts = {**own, **biases, **projection}
        found |= {f"{name}_l{layer}{suffix}": shape for name, shape in parts.items()}
    return found


def sample(
    unit: Unit,
    rng: np.random.Generator,
    layers: int = 1,
    directions: int = 1,
    bias: bool = True,
    given: bool = True,
    count: int = BATCH,
) -> Sample:
    """Numbers between minus one and one, rounded to float32, for so many sequences."""

    def draw(*shape: int) -> np.ndarray:
        return rng.uniform(-1, 1, shape).astype(np.float32).astype(np.float64)

    weights = {name: draw(*shape) for name, shape in shapes(unit, layers, directions, bias).items()}
    widths = (unit.own.get("proj_size", HIDDEN), HIDDEN)[: 1 + unit.pair]
    state = [draw(layers * directions, count, width) * given for width in widths]
    options = {**unit.own, "num_layers": layers, "bidirectional": directions == 2, "bias": bias}
    return Sample(unit, options, weights, draw(STEPS, count, FEATURES), state)


def smooth(made: Sample) -> Sample:
    """The sample, where `relu` is in it with parameters that keep every unit far from zero: of each two units the first
    is on and the second off, whatever the others say."""
    if "nonlinearity" not in made.unit.own:
        return made
    signs = np.where(np.arange(HIDDEN) % 2, -2.0, 2.0)
    weights = {name: w * 0.05 + (signs if "bias_ih" in name else 0) for name, w in made.weights.items()}
    return replace(made, weights=weights)
