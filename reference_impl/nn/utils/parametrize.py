"""Parameters as functions of others: what a module calls `weight` is computed from what it learns."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from ...gradmode import no_grad
from ...tensor import Tensor
from ..module import Module
from ..modules.container import ModuleDict, ModuleList
from ..parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


@dataclass
class Cache:
    """What was computed inside of `cached()`, by module and name; `depth` counts the blocks."""

    depth: int = 0
    values: dict[tuple[int, str], Tensor] = field(default_factory=dict)


CACHE = Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Inside, each parametrized tensor is computed once."""
    CACHE.depth += 1
    try:
        yield
    finally:
        CACHE.depth -= 1
        if not CACHE.depth:
            CACHE.values.clear()


def _register(module: Module, name: str, t: Tensor) -> None:
    (module.register_parameter if isinstance(t, Parameter) else module.register_buffer)(name, t)  # type: ignore[arg-type]


def _kind(value: Any) -> str:
    return type(value).__name__


def _check_same(new: Any, old: Tensor, told: str, unsafe: str, names: tuple[str, str]) -> None:
    """ValueError for what is no tensor of the same dtype and shape. `names` are those of the old and the new one."""
    if not isinstance(new, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {_kind(new)}.")
    for word in ("dtype", "shape"):
        pair = getattr(old, word), getattr(new, word)
        if pair[0] != pair[1]:
            first, second = [
                f"{name}: {value}" for name, value in zip((n.format(word) for n in names), pair, strict=True)
            ]
            raise ValueError(f"{told.format(word)}, unless {unsafe}`unsafe` flag is enabled.\n{first}\n{second}")


CHANGE = "Registering a parametrization may not change the {} of the tensor"


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and the tensor `original` (or `original0`, `original1`, ...) that they start
    from."""

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        """ValueError for no parametrization, and unless `unsafe` for one that changes dtype or shape."""
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        before = original.detach()
        new = self._inverted(original)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            self._keep(original, new)
        else:
            self._keep_several(original, new)
        if not unsafe:
            _check_same(self(), before, CHANGE, "", ("unparametrized {}", "parametrized {}"))

    def _inverted(self, original: Tensor) -> Any:
        new: Any = original
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    with suppress(NotImplementedError):
                        new = module.right_inverse(new)
        if not isinstance(new, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got " + _kind(new)
            )
        return new

    def _keep(self, original: Tensor, new: Tensor) -> None:
        for word in ("dtype", "device"):
            if getattr(original, word) != getattr(new, word):
                raise ValueError(
                    f"When `right_inverse` outputs one tensor, it may not change the {word}.\n"
                    f"original.{word}: {getattr(original, word)}\n"
                    f"right_inverse(original).{word}: {getattr(new, word)}"
                )
        with no_grad():
            original.set_(new)
        _register(self, "original", original)

    def _keep_several(self, original: Tensor, new: Sequence[Any]) -> None:
        for i, each in enumerate(new):
            if not isinstance(each, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Sequence of tensors (list, tuple...). Got element "
                    f"{i} of the sequence with type {_kind(each)}."
                )
            if isinstance(original, Parameter):
                each = Parameter(each, bool(original.requires_grad))
            _register(self, f"original{i}", each.requires_grad_(bool(original.requires_grad)))

    def right_inverse(self, value: Any) -> None:
        """Sets the originals so that the parametrized tensor has a value. RuntimeError for a parametrization without
        inverse, ValueError for other dtypes and counts."""
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {_kind(module)} does not implement right_inverse.")
                value = module.right_inverse(value)
            if self.is_tensor:
                self._set_original(value)
            else:
                self._set_originals(value)

    def _set_original(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError(f"`right_inverse` should return a tensor. Got {_kind(value)}")
        if value.dtype != self.original.dtype:
            raise ValueError(
                f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` has dtype "
                f"{self.original.dtype}"
            )
        self.original.set_(value)

    def _set_originals(self, value: Any) -> None:
        if not isinstance(value, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {_kind(value)}.")
        if len(value) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of "
                f"length {len(value)}."
            )
        for i, t in enumerate(value):
            if not isinstance(t, Tensor):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors or reference-type opaques. Got element "
                    f"{i} of type {_kind(t)}."
                )
            original = getattr(self, f"original{i}")
            if original.dtype != t.dtype:
                raise ValueError(
                    f"Tensor {i} returned by `right_inverse` has dtype {t.dtype} while `original{i}` has dtype "
                    f"{original.dtype}"
                )
            original.set_(t)

    def forward(self) -> Any:
        """The parametrized tensor."""
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        first, *others = self
        found = first(*[getattr(self, name) for name in names])
        for module in others:
            found = module(found)
        return found


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    if id(self) not in memo:
        memo[id(self)] = replica = object.__new__(type(self))
        replica.__dict__ = copy.deepcopy(self.__dict__, memo)
    return memo[id(self)]


def _getstate(self: Any) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(). See:\n"
        "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
        "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
    )


def _give_class(module: Any) -> None:
    """Makes the module the only one of a class of its own, which can have properties."""
    own = type(module)
    added: dict[str, Any] = {"__getstate__": _getstate}
    if not hasattr(own, "__deepcopy__"):
        added["__deepcopy__"] = _deepcopy
    module.__class__ = type(f"Parametrized{own.__name__}", (own,), added)


def _give_property(module: Any, name: str) -> None:
    def get(self: Any) -> Any:
        if not CACHE.depth:
            return self.parametrizations[name]()
        key = id(self), name
        if key not in CACHE.values:
            CACHE.values[key] = self.parametrizations[name]()
        return CACHE.values[key]

    def put(self: Any, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, put))


def register_parametrization(module: Any, tensor_name: str, parametrization: Any, *, unsafe: bool = False) -> Any:
    """Makes a parameter or buffer of a module the result of a function of what it was, and returns the module.

    A `right_inverse` of the function computes where to start, and what an assignment sets. ValueError for a name that
    there is not, and unless `unsafe` for a function that changes dtype or shape.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_next(module, tensor_name, parametrization)
        module.parametrizations[tensor_name].append(parametrization)
        module.parametrizations[tensor_name].unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        found = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _give_class(module)
            module.parametrizations = ModuleDict()
        _give_property(module, tensor_name)
        module.parametrizations[tensor_name] = found
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def _check_next(module: Any, name: str, parametrization: Any) -> None:
    """Checks what a further parametrization makes of the result of those before it."""
    before = getattr(module, name)
    after = parametrization(before)
    here = f"module.{name}.{{}}"
    _check_same(after, before, CHANGE, "the ", (here, f"parametrization(module.{name}).{{}}"))
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(after)
    except NotImplementedError:
        return
    if not isinstance(back, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {_kind(back)}")
    told = f"The tensor returned by parametrization.right_inverse must have the same {{}} as module.{name}"
    _check_same(back, before, told, "the ", (here, "returned {}"))


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether a module, or one tensor of it, is parametrized."""
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """Makes a parametrized tensor a parameter or buffer again: with the value that it has, or with
    `leave_parametrized=False` as it was before. ValueError for a tensor that is not parametrized, and where there are
    several to go back to."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    found = module.parametrizations[tensor_name]
    if found.is_tensor:
        original = found.original
        if leave_parametrized:
            with no_grad():
                original.set_(getattr(module, tensor_name))
    elif leave_parametrized:
        t = getattr(module, tensor_name)
        original = Parameter(t.detach()) if t.requires_grad else t
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Any) -> type:
    """The class that a module had before it was parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module: Any, to_module: Any, tensor_name: str | None = None) -> Any:
    """Gives one module the parametrizations and originals of another, and returns it."""
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        source = from_module.parametrizations[name]
        for parametrization in source:
            register_parametrization(to_module, name, parametrization)
        target = to_module.parametrizations[name]
        for original in [each for each in dir(source) if each.startswith("original")]:
            setattr(target, original, getattr(source, original))
    return to_module
