"""`torch.utils.checkpoint`: functions whose intermediate values are computed again in backward, and not kept.

T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training Deep Nets with Sublinear Memory Cost", 2016.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from ..autocast import STATE
from ..autograd import Function, backward, enable_grad, no_grad
from ..autograd.engine import current
from ..device import CPU, resolve
from ..gradmode import MODE
from ..random import Generator, default_generator, fork_rng, generator_of
from ..tensor import Tensor
from .recomputed import CHECKS, CheckpointError, Frame

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "checkpoint",
    "checkpoint_sequential",
    "noop_context_fn",
    "set_checkpoint_early_stop",
]

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]

_UNSPECIFIED = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling "
    "checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to "
    "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
    "differences between the two variants."
)
_stop_early: bool | None = None


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """A context manager: functions called inside are, or are not, computed again only as far as it takes."""
    global _stop_early
    before, _stop_early = _stop_early, enable
    try:
        yield
    finally:
        _stop_early = before


def noop_context_fn() -> Contexts:
    """Contexts that do nothing."""
    return nullcontext(), nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """What the function returns for the arguments. What it saves for backward is computed again when it is needed, in
    one of two ways.

    use_reentrant=False   backward calls the function when it comes to its graph, as far as it takes
    use_reentrant=True    the function is one node, whose gradient calls it and runs a backward of its own
    preserve_rng_state    the second call draws the random numbers that the first one drew (so it is by default)
    context_fn            gives the context managers in which the function is called first, and again
    determinism_check     "default": shapes, dtypes and devices are compared; "none"

    ValueError for keywords that do not go with `use_reentrant=True`, and for an unknown check. CheckpointError in
    backward if the function does not save again what it saved.
    """
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant is None:
        warnings.warn(_UNSPECIFIED, UserWarning, stacklevel=2)
        use_reentrant = True
    if not use_reentrant:
        early = early_stop if _stop_early is None else _stop_early
        return _recorded(function, args, kwargs, context_fn, determinism_check, early, preserve)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    return CheckpointFunction.apply(function, preserve, *args)


def _recorded(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    context_fn: Callable[[], Contexts],
    determinism_check: str,
    early: bool,
    preserve: bool,
) -> Any:
    if determinism_check not in CHECKS:
        raise ValueError(f"determinism_check should be one of {list(CHECKS)}, but got {determinism_check}")
    forward, again = context_fn()
    if not MODE.grad:
        return function(*args, **kwargs)
    situation = _Situation(args, preserve)

    def recompute(*args: Any) -> None:
        with situation.restored(), again:
            function(*args, **kwargs)

    frame = Frame(recompute, args, early, CHECKS[determinism_check])
    with frame.packing(), forward:
        result = function(*args, **kwargs)
    frame.complete = True
    return result


class _Situation:
    """What a function finds when it is called: random numbers, mixed precision, the default device."""

    def __init__(self, args: tuple[Any, ...], preserve: bool) -> None:
        others = {t._device for t in args if isinstance(t, Tensor) and t._device is not CPU}
        generators = [default_generator, *[generator_of(d) for d in others]] if preserve else []
        self.states: list[tuple[Generator, Tensor]] = [(g, g.get_state()) for g in generators]
        self.types = STATE.types
        self.device = resolve(None)

    @contextmanager
    def restored(self) -> Iterator[None]:
        """The same situation once more; the present one afterwards."""
        types = STATE.types
        with fork_rng(enabled=bool(self.states)), self.device:
            for generator, state in self.states:
                generator.set_state(state)
            STATE.types, STATE.active = self.types, bool(self.types)
            try:
                yield
            finally:
                STATE.types, STATE.active = types, bool(types)


class CheckpointFunction(Function):
    """A function as one node: called without recording, and again, recorded, in the node's gradient."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        if not any(isinstance(t, Tensor) and t.requires_grad for t in args):
            warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)
        ctx.run_function = run_function
        ctx.situation = _Situation(args, preserve_rng_state)
        ctx.rest = [None if isinstance(a, Tensor) else a for a in args]
        ctx.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.save_for_backward(*[args[i] for i in ctx.places])
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """RuntimeError in a pass with chosen inputs, and if no result requires grad."""
        walk = current()
        if walk is not None and walk.inputs is not None:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                "parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
        inputs = list(ctx.rest)
        for i, t in zip(ctx.places, ctx.saved_tensors, strict=True):
            inputs[i] = t.detach().requires_grad_(t.requires_grad)
        with ctx.situation.restored(), enable_grad():
            results = ctx.run_function(*inputs)
        results = (results,) if isinstance(results, Tensor) else results
        flowing = [i for i, r in enumerate(results) if isinstance(r, Tensor) and r.requires_grad]
        if not flowing:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([results[i] for i in flowing], [grads[i] for i in flowing])
        return (None, None, *[t.grad if isinstance(t, Tensor) else None for t in inputs])


def checkpoint_sequential(
    functions: Any, segments: int, input: Tensor, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """What the functions (or the modules of a Sequential) give one after the other, in so many segments, each of them
    but the last with `checkpoint`. ValueError for other keywords than `preserve_rng_state`, and for more segments than
    functions."""
    if use_reentrant is None:
        warnings.warn(_UNSPECIFIED.replace("checkpoint:", "checkpoint.checkpoint_sequential:"), stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    listed = list(functions.children() if hasattr(functions, "children") else functions)
    size = len(listed) // segments
    starts = range(0, size * (segments - 1), size)
    for start in starts:
        part = _composed(listed[start : start + size])
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _composed(listed[size * len(starts) :])(input)


def _composed(functions: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def run(value: Any) -> Any:
        for function in functions:
            value = function(value)
        return value

    return run
