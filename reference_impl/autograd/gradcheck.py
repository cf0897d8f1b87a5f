"""`gradcheck` and `gradgradcheck`: the gradients that functions record, held against central differences.

A column of the Jacobian is (f(x + h e) - f(x - h e)) / 2h; its error falls with h² (Nocedal and Wright, "Numerical
Optimization", 8.1). The derivative of a real number by a complex one is d/dRe + i d/dIm, as backward gives it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dtype import complex128, float64
from ..storage import Array
from ..tensor import Tensor, strides_of, tracked, wrap
from .forward_ad import dual_level, make_dual, unpack_dual
from .gradients import grad
from .node import Gradients, Node
from .reach import entered

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

Function = Callable[..., Any]


class GradcheckError(RuntimeError):
    """What `gradcheck` found to be wrong."""


@dataclass(frozen=True)
class _Check:
    """One check: the function, its inputs, the tolerances, and which part of complex outputs is looked at."""

    func: Function
    inputs: tuple[Any, ...]
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    fast: bool
    part: str = ""

    @property
    def wanted(self) -> list[Tensor]:
        """The inputs that gradients are checked of."""
        return [t for t in self.inputs if isinstance(t, Tensor) and t.requires_grad]

    def outputs(self) -> tuple[Tensor, ...]:
        """All outputs of the function."""
        return _as_tuple(self.func(*self.inputs))


def gradcheck(
    func: Function,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether backward gives the derivatives of `func` at those of `inputs` that require grad.

    |analytical - numerical| <= atol + rtol |numerical| everywhere, where the numerical derivative takes steps of `eps`.
    What backward gives twice differs by no more than `nondet_tol`; zeros that come in go out as zeros.

    fast_mode             compares one random combination of rows and columns, not each entry
    check_undefined_grad  outputs without a gradient count as outputs whose gradient is zero
    check_forward_ad      the tangents of forward mode are compared as well

    GradcheckError if not, or False without raise_exception; ValueError if no input requires grad. Gradients always
    have their input's dtype here, and batches are run one by one: nothing for check_grad_dtypes and check_batched_grad.
    """
    _check_modes(check_forward_ad, check_backward_ad, check_batched_grad, check_batched_forward_grad)
    check = _Check(func, _as_tuple(inputs), eps, atol, rtol, nondet_tol, fast_mode)
    try:
        _run(check, check_forward_ad, check_backward_ad, check_undefined_grad)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check_modes(forward: bool, backward: bool, batched: bool, batched_forward: bool) -> None:
    if not (forward or backward):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if batched and not backward:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if batched_forward and not forward:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")


def _run(check: _Check, forward: bool, backward: bool, undefined: bool) -> None:
    _check_inputs(check.inputs)
    if backward:
        _backward(check, undefined)
    if forward:
        _forward(check)


def gradgradcheck(
    func: Function,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Whether the gradients of the gradients of `func` are right: `gradcheck` of its backward, by the inputs and by
    `grad_outputs`, which are drawn between -1 and 1 if they are not given."""
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    xs = _as_tuple(inputs)
    given = grad_outputs is not None
    weights = _as_tuple(grad_outputs) if given else _drawn(func, xs, gen_non_contig_grad_outputs)
    return gradcheck(
        _backward_of(func, xs, weights),
        xs + weights,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        fast_mode=fast_mode,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
    )


def _backward_of(func: Function, inputs: tuple[Any, ...], weights: tuple[Any, ...]) -> Function:
    """The function from inputs and gradients of the outputs to the gradients of those inputs that require grad."""
    places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]

    def backward(*args: Any) -> tuple[Tensor, ...]:
        values = [x.requires_grad_() if i in places else x for i, x in enumerate(args[: len(inputs)])]
        incoming = zip(args[len(inputs) :], weights, strict=True)
        grads = [g.requires_grad_() if w.requires_grad else g for g, w in incoming]
        outputs = [y for y in _as_tuple(func(*values)) if tracked(y)]  # dual ones among them
        found = grad(outputs, [values[i] for i in places], grads, create_graph=True, allow_unused=True)
        return tuple([g for g in found if g is not None])

    return backward


def _as_tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _differentiable(outputs: tuple[Any, ...]) -> list[Tensor]:
    return [y for y in outputs if y.requires_grad]


def _drawn(func: Function, inputs: tuple[Any, ...], gaps: bool) -> tuple[Tensor, ...]:
    """A gradient for each output that wants one, from a stream of its own; with gaps in memory where that is asked."""
    return tuple([_drawn_like(y, gaps) for y in _differentiable(_as_tuple(func(*inputs)))])


def _drawn_like(y: Tensor, gaps: bool) -> Tensor:
    rng = np.random.default_rng(0)
    shape = (*y.shape, 2) if gaps else y.shape
    values = rng.uniform(-1, 1, shape) + (1j * rng.uniform(-1, 1, shape) if y.is_complex() else 0)
    t = wrap(np.asarray(values).astype(y._dtype.numpy), y._dtype, y._device)
    drawn: Tensor = (t[..., 0] if gaps else t).detach().requires_grad_()
    return drawn


def _check_inputs(inputs: tuple[Any, ...]) -> None:
    found = False
    for i, t in enumerate(inputs):
        if not (isinstance(t, Tensor) and t.requires_grad):
            continue
        found = True
        if t._dtype is not float64 and t._dtype is not complex128:
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=3,
            )
        if any(step == 0 and size > 1 for step, size in zip(strides_of(t), t._array.shape, strict=True)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )
    if not found:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )


def _backward(check: _Check, undefined: bool) -> None:
    """Every check of backward."""
    outputs = check.outputs()
    for each in _real(check) if any(y.is_complex() for y in outputs) else (check,):
        _jacobians(each, each.outputs() if each is not check else outputs)
    _check_zeros(check, _differentiable(outputs))
    if undefined:
        _check_undefined(check)


def _real(check: _Check) -> Iterator[_Check]:
    """The function with each part of its complex outputs in their place."""
    for name, part in (("imaginary", "imag"), ("real", "real")):

        def func(*inputs: Any, part: str = part) -> tuple[Tensor, ...]:
            return tuple([getattr(y, part) if y.is_complex() else y for y in _as_tuple(check.func(*inputs))])

        yield _Check(func, check.inputs, check.eps, check.atol, check.rtol, check.nondet_tol, check.fast, name)


def _jacobians(check: _Check, outputs: tuple[Tensor, ...]) -> None:
    """Compares every pair of an output and an input."""
    rng = np.random.default_rng(0)
    weights = [_unit_vector(rng, y._array.size) if check.fast else None for y in outputs]
    for j, x in enumerate(check.wanted):
        directions = _directions(rng, x) if check.fast else None
        columns = _numerical(check, x, outputs, directions)
        place = 0
        for y, weight, numerical in zip(outputs, weights, columns, strict=True):
            if not y.requires_grad:
                if numerical is not None and not _differentiable(outputs) and np.any(numerical != 0):
                    raise GradcheckError("Numerical gradient for function expected to be zero")
                continue
            analytical = _analytical(check, y, x, weight, directions)
            _compare(check, x, place, j, numerical, analytical, weight, directions)
            place += 1


def _compare(
    check: _Check, x: Tensor, i: int, j: int, numerical: Any, analytical: Array, weight: Any, directions: Any
) -> None:
    atol = check.atol
    if weight is not None:
        numerical = numerical @ weight
        atol = atol * float(weight.sum()) * float(sum(d.sum() for d in directions))
    if np.allclose(analytical, numerical, check.rtol, atol):
        return
    prefix = f"While considering the {check.part} part of complex outputs only, " if check.part else ""
    raise GradcheckError(
        f"{prefix}Jacobian mismatch for output {i} with respect to input {j},\n"
        f"numerical:{_told(numerical, x)}\nanalytical:{_told(analytical, x)}\n"
    )


def _unit_vector(rng: np.random.Generator, size: int) -> Array:
    v = rng.random(size)
    return v / np.linalg.norm(v) if size else v


def _directions(rng: np.random.Generator, x: Tensor) -> list[Array]:
    """The directions of one step in fast mode: real ones, and for a complex input imaginary ones too."""
    return [_unit_vector(rng, x._array.size) for _ in range(2 if x.is_complex() else 1)]


def _numerical(
    check: _Check, x: Tensor, outputs: tuple[Tensor, ...], directions: list[Array] | None
) -> list[Array | None]:
    """For each output the differences, a row for each step: along each element of `x`, or along the directions."""
    size = x._array.size
    parts = (1, 1j) if x.is_complex() else (1,)
    if directions is None:
        steps = [[part * unit for part in parts] for unit in np.eye(size)]
    else:
        steps = [[part * d for part, d in zip(parts, directions, strict=True)]]
    rows = [[_difference(check, x, step.reshape(x._array.shape)) for step in several] for several in steps]
    found: list[Array | None] = []
    for k, y in enumerate(outputs):
        if not y._dtype.differentiable:
            found.append(None)
            continue
        columns = [sum(part * row[k] for part, row in zip(parts, several, strict=True)) for several in rows]
        found.append(np.array(columns).reshape(len(columns), y._array.size))
    return found


def _difference(check: _Check, x: Tensor, step: Array) -> list[Array]:
    """The central difference of every output, flat. The input is moved in place, unseen by its version, and back."""
    array = x._array
    before = array.copy()
    ends = []
    try:
        for sign in (-1, 1):
            array[...] = before + sign * check.eps * step
            ends.append([(y.shape, y.dtype, y._array.copy()) for y in check.outputs()])
    finally:
        array[...] = before
    for behind, ahead in zip(*ends, strict=True):
        for i, what in enumerate(("shape", "dtype")):
            if behind[i] != ahead[i]:
                raise AssertionError(
                    f"Expected `func` to return outputs with the same {what} when inputs are perturbed by {check.eps}, "
                    f"but got: {what}s {behind[i]} and {ahead[i]}."
                )
    wide = [(a[2].reshape(-1), b[2].reshape(-1)) for a, b in zip(*ends, strict=True)]
    return [(b * 1.0 - a * 1.0) / (2 * check.eps) for a, b in wide]


def _analytical(check: _Check, y: Tensor, x: Tensor, weight: Array | None, directions: Any) -> Array:
    """What backward gives, with a row for each element of `x` and a column for each of `y`; combined in fast mode.

    GradcheckError if a second run gives something else."""
    weights = np.eye(y._array.size) if weight is None else weight[None]
    first, second = ([_gradient(y, x, w) for w in weights] for _ in range(2))
    for a, b in zip(first, second, strict=True):
        if a.size and np.abs(a - b).max() > check.nondet_tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                "gives different values, although analytical gradient matches numerical gradient.The tolerance for "
                f"nondeterminism was {check.nondet_tol}."
            )
    if directions is None:
        return np.array(first).reshape(len(first), x._array.size).T
    parts = (first[0].real, first[0].imag)
    return np.array([sum(unit * (p @ d) for unit, p, d in zip((1, 1j), parts, directions, strict=False))])


def _gradient(y: Tensor, x: Tensor, weight: Array) -> Array:
    w = wrap(weight.reshape(y._array.shape).astype(y._dtype.numpy), y._dtype, y._device)
    (g,) = grad(y, x, w, retain_graph=True, allow_unused=True)
    return np.zeros(x._array.size) if g is None else g._array.reshape(-1).copy()


def _forward(check: _Check) -> None:
    """Compares the tangents of every output along each step of every input."""
    outputs = check.outputs()
    for j, x in enumerate(check.wanted):
        parts = (1, 1j) if x.is_complex() else (1,)
        units = [_unit_vector(np.random.default_rng(0), x._array.size)] if check.fast else np.eye(x._array.size)
        steps = [part * unit.reshape(x._array.shape) for unit in units for part in parts]
        rows = [(_difference(check, x, step), _tangents(check, x, step)) for step in steps]
        for i, k in enumerate(k for k, y in enumerate(outputs) if y.requires_grad):
            numerical, analytical = (np.array([row[side][k] for row in rows]) for side in (0, 1))
            if not np.allclose(analytical, numerical, check.rtol, check.atol):
                raise GradcheckError(
                    f"Jacobian computed with forward mode mismatch for output {i} with respect to input {j},\n"
                    f"numerical:{_told(numerical, x)}\nanalytical:{_told(analytical, x)}\n"
                )


def _tangents(check: _Check, x: Tensor, step: Array) -> list[Array]:
    """The tangent of every output along a step of one input, flat."""
    tangent = wrap(step.astype(x._dtype.numpy), x._dtype, x._device)
    with dual_level():
        plain = [t.detach() if isinstance(t, Tensor) else t for t in check.inputs]
        dual = [make_dual(p, tangent) if t is x else p for t, p in zip(check.inputs, plain, strict=True)]
        pushed = [unpack_dual(y) for y in _as_tuple(check.func(*dual))]
        return [np.zeros(p.numel()) if t is None else t._array.reshape(-1).copy() for p, t in pushed]


def _told(array: Array, x: Tensor) -> str:
    d = complex128 if np.iscomplexobj(array) and not x._dtype.is_complex else x._dtype
    return str(wrap(np.asarray(array).astype(d.numpy), d, x._device))


def _check_zeros(check: _Check, outputs: list[Tensor]) -> None:
    """Gradients of zero give gradients of zero."""
    zeros = [y.detach().clone().zero_() for y in outputs]
    for g in grad(outputs, check.wanted, zeros, allow_unused=True) if outputs else ():
        if g is not None and np.any(g._array != 0):
            raise GradcheckError("backward not multiplied by grad_output")


class UndefinedGradBackward(Node):
    """Lets no gradient through."""

    __slots__ = ()

    def gradient(self, grad: Tensor) -> Gradients:
        return None


def _check_undefined(check: _Check) -> None:
    """No output gets a gradient; then one after the other gets none, the others zeros."""
    count = len(_differentiable(check.outputs()))
    cases = [set(range(count)), *({i} for i in range(count if count > 1 else 0))]
    for left_out in cases:
        outputs = _differentiable(check.outputs())
        outputs = [entered(y, UndefinedGradBackward) if i in left_out else y for i, y in enumerate(outputs)]
        zeros = [y.detach().clone().zero_() for y in outputs]
        if not outputs:
            continue
        try:
            found = grad(outputs, check.wanted, zeros, allow_unused=True)
        except RuntimeError as error:
            _warn_undefined()
            raise GradcheckError(f"Expected backward function to handle undefined output grads. {_NOTES}") from error
        if any(g is not None and np.any(g._array != 0) for g in found):
            _warn_undefined()
            raise GradcheckError(
                "Expected all input grads to be undefined or zero when all output grads are undefined or zero. "
                + _NOTES
            )


def _warn_undefined() -> None:
    warnings.warn(
        "Backwards compatibility: New undefined gradient support checking feature is enabled by default, but it may "
        "break existing callers of this function. If this is true for you, you can call this function with "
        '"check_undefined_grad=False" to disable the feature',
        stacklevel=2,
    )


_NOTES = 'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'
