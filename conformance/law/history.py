"""Programs of views and of writes in place, run by a backend and by NumPy.

NumPy's views alias memory as torch's do. So the derivative that autograd reports for a program is the one of the same
program run in NumPy, taken by central differences in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from types import CodeType
from typing import Any

import numpy as np

from conformance.case import Case, Trial
from conformance.sample import tensor

STEP = 1e-6
LARGEST = 100.0
RARELY = 0.3  # how often a write whose gradient needs what it writes is taken when it is drawn
FEW = 9  # a quick run takes one program in so many
FACTOR = np.asarray(0.7193)
START = np.array(
    [[0.3117, -0.7231, 1.1419, 0.4523], [-0.2087, 0.9341, -1.3259, 0.6173], [0.8461, -0.4019, 0.1571, -0.9553]]
)


@dataclass(frozen=True)
class Step:
    """A statement as the backend writes it and as NumPy does, about the names `{v}` and `{u}`.

    `depth` is the least number of dimensions of `{v}`, `rows` says that its elements lie row by row, `result` that the
    gradient needs what is written.
    """

    torch: str
    numpy: str
    depth: int = 0
    rows: bool = False
    result: bool = False

    @property
    def writes(self) -> bool:
        """Whether the statement writes; the others make a view."""
        return not self.torch.split(" = ")[0].strip("{}").isidentifier()

    def about(self, v: str, u: str) -> Step:
        """The statement with these names."""
        return Step(self.torch.format(v=v, u=u), self.numpy.format(v=v, u=u), self.depth, self.rows, self.result)


VIEWS = (
    Step("{u} = {v}[1:]", "{u} = {v}[1:]", 1),
    Step("{u} = {v}[0]", "{u} = {v}[0, ...]", 1),
    Step("{u} = {v}[..., ::2]", "{u} = {v}[..., ::2]", 1),
    Step("{u} = {v}.select(-1, 0)", "{u} = np.moveaxis({v}, -1, 0)[0, ...]", 1),
    Step("{u} = {v}.narrow(-1, 0, 1)", "{u} = {v}[..., :1]", 1),
    Step("{u} = {v}.unsqueeze(0)", "{u} = {v}[np.newaxis]"),
    Step("{u} = {v}.squeeze()", "{u} = {v}.squeeze()"),
    Step("{u} = {v}.transpose(0, -1)", "{u} = np.swapaxes({v}, 0, -1)", 1),
    Step("{u} = {v}.movedim(0, -1)", "{u} = np.moveaxis({v}, 0, -1)", 1),
    Step("{u} = {v}.view(-1)", "{u} = {v}.reshape(-1)", rows=True),
    Step("{u} = {v}.flatten()", "{u} = {v}.reshape(-1)", rows=True),
    Step("{u} = {v}.diagonal()", "{u} = diagonal({v})", 2),
)

SCALE = Step("{v}.mul_(s)", "{v}[...] = {v} * s")

SMOOTH = (
    SCALE,
    Step("{v}.mul_(3)", "{v}[...] = {v} * 3"),
    Step("{v}.neg_()", "{v}[...] = -{v}"),
    Step("{v}.add_(s)", "{v}[...] = {v} + s"),
    Step("{v}.sub_(s, alpha=2)", "{v}[...] = {v} - 2 * s"),
    Step("{v}.div_(s)", "{v}[...] = {v} / s"),
    Step("{v}.addcmul_(s, s)", "{v}[...] = {v} + s * s"),
    Step("{v}.copy_(s)", "{v}[...] = s"),
    Step("{v}.fill_(0.5)", "{v}[...] = 0.5"),
    Step("{v}.zero_()", "{v}[...] = 0"),
    Step("{v}.sin_()", "{v}[...] = np.sin({v})"),
    Step("{v}.pow_(2)", "{v}[...] = {v} ** 2"),
    Step("{v}[..., -1:].mul_(s)", "{v}[..., -1:] = {v}[..., -1:] * s", 1),
    Step("{v}.copy_({v}.flip(0))", "{v}[...] = {v}[::-1].copy()", 1),
)

WRITES = (
    *SMOOTH,
    Step("{v}.fill_(s)", "{v}[...] = s"),
    Step("{v}[..., 0] = s", "{v}[..., 0] = s", 1),
    Step("{v}.clamp_(-0.65, 0.85)", "{v}[...] = np.clip({v}, -0.65, 0.85)"),
    Step("{v}.masked_fill_({v} > 0.1, 0.25)", "{v}[...] = np.where({v} > 0.1, 0.25, {v})"),
    Step("{v}[{v} > 0.1] = s", "{v}[{v} > 0.1] = s"),
    Step("{v}[[0]] = s * 2", "{v}[[0]] = s * 2", 1),
    Step("{v}.index_fill_(0, first, 0.5)", "{v}[:1] = 0.5", 1),
    Step("{v}.index_add_(0, first, {v}[-1:] * 2)", "{v}[:1] += {v}[-1:] * 2", 1),
    Step("{v}.add_({u}.sum())", "{v}[...] = {v} + {u}.sum()"),
    Step("{v}.mul_({u}.mean())", "{v}[...] = {v} * {u}.mean()"),
    Step("{v}.exp_()", "{v}[...] = np.exp({v})", result=True),
    Step("{v}.sigmoid_()", "{v}[...] = 1 / (1 + np.exp(-{v}))", result=True),
    Step("{v}.tanh_()", "{v}[...] = np.tanh({v})", result=True),
    Step("{v}.relu_()", "{v}[...] = np.maximum({v}, 0)", result=True),
)

SIBLING = Step("w = b[1:, ::2]", "w = b[1:, ::2]")

ORDERS = (
    ("view", "write v", "read b"),
    ("view", "write v", "read v"),
    ("view", "write b", "read v"),
    ("write b", "view", "read v"),
    ("view", "sibling", "write v", "read w"),
    ("view", "sibling", "write w", "write v", "read b"),
    ("view", "sibling", "write v", "write b", "read w"),
    ("view", "write b", "view", "write v", "read b"),
)


@dataclass(frozen=True)
class Program:
    """Statements that begin with one that makes `b` of `x`, and the name whose weighted sum is differentiated."""

    start: Step
    steps: tuple[Step, ...]
    read: str

    @property
    def torch(self) -> tuple[str, ...]:
        """The statements as the backend writes them."""
        return (self.start.torch, *(step.torch for step in self.steps))

    @property
    def stale(self) -> bool:
        """Whether something written that a gradient needs is written over: all views of a tensor have one version."""
        writes = [step for step in self.steps if step.writes]
        return any(step.result for step in writes[:-1])


PLAIN = Step("b = x * 1", "b = x * 1")


def diagonal(array: np.ndarray) -> np.ndarray:
    """The diagonal of the first two dimensions as a view that can be written to."""
    found = array.diagonal()
    found.flags.writeable = True
    return found


NUMPY = {"np": np, "diagonal": diagonal}


def swept(start: Step, view: Step, writes: tuple[Step, ...]) -> Iterator[Program]:
    """Every write around one view of `b`, each in some of the orders; a second write of the program scales."""
    for place, write in enumerate(writes):
        for *events, read in (*ORDERS[:4], *ORDERS[4 + place % 2 :: 2]):
            steps: list[Step] = []
            for event in events:
                if event == "view":
                    steps.append(view)
                elif event == "sibling":
                    steps.append(SIBLING)
                else:
                    again = any(step.writes for step in steps)
                    steps.append((SCALE if again else write).about(event.removeprefix("write "), "b"))
            yield Program(start, tuple(steps), read.removeprefix("read "))


def drawn(rng: np.random.Generator, length: int) -> Program:
    """A random program of so many statements, whose values stay moderate."""
    scope: dict[str, Any] = {**NUMPY, "x": START, "s": FACTOR, "b": START * 1}
    names, steps = ["b"], list[Step]()
    while len(steps) < length:
        v, u = (names[int(i)] for i in rng.integers(len(names), size=2))
        kinds = VIEWS if len(names) < 5 and rng.random() < 0.4 else WRITES
        step = kinds[int(rng.integers(len(kinds)))]
        array = scope[v]
        if array.ndim < step.depth or (step.rows and not array.flags.c_contiguous):
            continue
        if step.result and rng.random() > RARELY:
            continue
        step = step.about(v, u if step.writes else f"v{len(names)}")
        before = scope["b"].copy()
        exec(compiled(step.numpy), scope)
        if np.abs(scope["b"]).max() > LARGEST:
            scope["b"][...] = before
        elif step.writes:
            steps.append(step)
        elif scope[f"v{len(names)}"].size:
            steps.append(step)
            names.append(f"v{len(names)}")
    return Program(PLAIN, tuple(steps), names[int(rng.integers(len(names)))])


@cache
def compiled(source: str) -> CodeType:
    """The code of some statements."""
    return compile(source, source, "exec")


@cache
def weights(shape: tuple[int, ...]) -> np.ndarray:
    """One weight for each element, no two alike."""
    return 1 + np.arange(np.prod(shape, dtype=int)).reshape(shape) / 8


def value(code: CodeType, read: str, x: np.ndarray, s: np.ndarray) -> float:
    """The weighted sum that NumPy gets, over real and imaginary parts."""
    scope: dict[str, Any] = {**NUMPY, "x": x, "s": s}
    exec(code, scope)
    result = scope[read]
    if np.iscomplexobj(result):
        result = np.stack([result.real, result.imag], -1)
    return float((result * weights(result.shape)).sum())


@cache
def differences(program: Program) -> tuple[np.ndarray, np.ndarray]:
    """The derivative of the weighted sum to every element of `x`, and to `s`."""
    code = compiled("\n".join([program.start.numpy, *(step.numpy for step in program.steps)]))
    slopes = np.zeros(START.shape)
    for index in np.ndindex(START.shape):
        moved = np.zeros(START.shape)
        moved[index] = STEP
        ends = [value(code, program.read, START + sign * moved, FACTOR) for sign in (1, -1)]
        slopes[index] = (ends[0] - ends[1]) / (2 * STEP)
    ends = [value(code, program.read, START, FACTOR + sign * STEP) for sign in (1, -1)]
    return slopes, np.asarray((ends[0] - ends[1]) / (2 * STEP))


def check_row(row: dict[str, str], trial: Trial, start: Step = PLAIN, writes: tuple[Step, ...] = WRITES) -> None:
    """Every program around the row's view."""
    view = Step(f"v = {row['view']}", f"v = {row['array']}")
    for program in islice(swept(start, view, writes), 0, None, FEW if trial.quick else 1):
        check_program(program, trial, f"{'; '.join(program.torch)}; {program.read}")


def check_program(program: Program, trial: Trial, name: str) -> None:
    """One program as a case."""
    call = "; ".join([*program.torch, f"({program.read} * weights).sum().backward()"])
    with trial.case(name, call=call, inputs=f"x = {START.tolist()}, s = {FACTOR}, weights 1, 1.125, 1.25, …") as case:
        check(program, case, trial)


def check(program: Program, case: Case, trial: Trial) -> None:
    """The gradients of the program, or the refusal where something that a gradient needs was written over."""
    torch = trial.namespace
    x, s = (tensor(trial, array, "float64").requires_grad_() for array in (START, FACTOR))
    scope = {"torch": torch, "x": x, "s": s, "first": tensor(trial, np.array([0]), "int64")}
    exec(compiled("\n".join(program.torch)), scope)
    result = scope[program.read]
    if result.dtype.is_complex:
        result = torch.view_as_real(result)
    loss = (result * tensor(trial, weights(tuple(result.shape)), "float64")).sum()
    if program.stale:
        with case.raises("RuntimeError", "has been modified by an inplace operation"):
            loss.backward()
        case.equal("x.grad", x.grad, None)
        return
    loss.backward()
    for name, leaf, want in zip(("x", "s"), (x, s), differences(program), strict=True):
        got = np.zeros(want.shape) if leaf.grad is None else leaf.grad
        case.within(got, want, 1e-6, 1e-6 * max(1.0, float(np.abs(want).max())), f"gradient of {name}")
