"""The namespace `torch.func`: functions of functions."""

from __future__ import annotations

from .batch import vmap
from .call import functional_call, stack_module_state
from .jacobian import hessian, jacfwd, jacrev
from .transform import grad, grad_and_value, jvp, linearize, vjp

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]
