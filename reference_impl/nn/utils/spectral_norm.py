"""The older form of spectral normalisation: a hook computes the weight before each call."""

from __future__ import annotations

from typing import Any

from ...gradmode import no_grad
from ...linalg.chain import multi_dot
from ...linalg.product import dot, mv
from ...linalg.rank import pinv
from ...tensor import Tensor
from .. import functional
from ..modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..parameter import Parameter, UninitializedParameter

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]


class SpectralNorm:
    """Divides a weight by its largest singular value before each call of the module."""

    _version = 1

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        self.name = name
        self.dim = dim
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def matrix(self, weight: Any) -> Any:
        """The slices of the dimension as rows."""
        moved = weight.movedim(self.dim, 0)
        return moved.reshape(moved.size(0), -1)

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Any:
        """The weight, after the steps of the power method."""
        weight, u, v = [getattr(module, self.name + end) for end in ("_orig", "_u", "_v")]
        matrix = self.matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    functional.normalize(mv(matrix.t(), u), dim=0, eps=self.eps, out=v)
                    functional.normalize(mv(matrix, v), dim=0, eps=self.eps, out=u)
                u, v = u.clone(), v.clone()
        return weight / dot(u, mv(matrix, v))

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))

    def remove(self, module: Any) -> None:
        """Makes the weight a parameter again."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for end in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + end)
        module.register_parameter(self.name, Parameter(weight.detach()))


class Versioned:
    """Writes down in a state of which form it is."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Any, state_dict: Any, prefix: str, local_metadata: Any) -> None:
        found = local_metadata.setdefault("spectral_norm", {})
        key = self.fn.name + ".version"
        if key in found:
            raise RuntimeError(f"Unexpected key in metadata['spectral_norm']: {key}")
        found[key] = self.fn._version


class Former:
    """Makes a state of the first form, which has a weight and no `v`, one of the present form."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self, state: Any, prefix: str, metadata: Any, strict: bool, missing: list[str], unexpected: Any, errors: Any
    ) -> None:
        fn, key = self.fn, prefix + self.fn.name
        version = metadata.get("spectral_norm", {}).get(fn.name + ".version", None)
        if version is not None and version >= 1:
            return
        if version is None and key not in state and all(key + end in state for end in ("_orig", "_u", "_v")):
            return
        absent = [key + end for end in ("_orig", "", "_u") if key + end not in state]
        if absent:
            missing += absent if strict else []
            return
        with no_grad():
            original, weight, u = state[key + "_orig"], state.pop(key), state[key + "_u"]
            sigma = (original / weight).mean()
            matrix = fn.matrix(original)
            v = multi_dot([pinv(matrix.t().mm(matrix)), matrix.t(), u.unsqueeze(1)]).squeeze(1)
            state[key + "_v"] = v.mul_(sigma / dot(u, mv(matrix, v)))


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Any:
    """Replaces a parameter by `<name>_orig` and the buffers `<name>_u` and `<name>_v`, and returns the module (Miyato
    and others 2018, arXiv:1802.05957). RuntimeError where there is one already."""
    if dim is None:
        dim = 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0
    hooks = module._forward_pre_hooks.values()
    if any(isinstance(hook, SpectralNorm) and hook.name == name for hook in hooks):
        raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    made = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    if isinstance(weight, UninitializedParameter):
        raise ValueError(
            "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy "
            "forward before applying spectral normalization"
        )
    u, v = [_unit(weight, size, eps) for size in made.matrix(weight.detach()).size()]
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    module.register_forward_pre_hook(made)
    module._register_state_dict_hook(Versioned(made))
    module._register_load_state_dict_pre_hook(Former(made))
    return module


def _unit(weight: Any, size: int, eps: float) -> Tensor:
    with no_grad():
        return functional.normalize(weight.new_empty(size).normal_(0, 1), dim=0, eps=eps)


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Makes the weight a parameter again, and returns the module. ValueError where there is no such norm."""
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[number]
            break
    else:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    for table, kind in ((module._state_dict_hooks, Versioned), (module._load_state_dict_pre_hooks, Former)):
        for number, hook in list(table.items()):
            told = getattr(hook, "hook", hook)
            if isinstance(told, kind) and told.fn.name == name:
                del table[number]
                break
    return module
