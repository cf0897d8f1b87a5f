"""Parameters, the tensors that a module learns, and buffers, which it keeps besides; both also with a shape that is
not known yet, which `materialize` gives them."""

from __future__ import annotations

from typing import Any

from ..fill import empty
from ..tensor import Tensor, adopt, alias, counter, wrap

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "is_lazy",
]

_ARRAY: Any = Tensor.__dict__["_array"]


class Marked(type):
    """A class whose instances are also the tensors of other classes that bear its mark."""

    mark: str

    def __instancecheck__(cls, instance: Any) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        mark = cls.__dict__.get("mark")
        return mark is not None and isinstance(instance, Tensor) and getattr(instance, mark, False)


class Parameter(Tensor, metaclass=Marked):
    """A leaf on the memory of `data` that a module registers when it is assigned to an attribute."""

    __slots__ = ()
    mark = "_is_param"

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        """RuntimeError for a dtype that is not floating, unless `requires_grad` is False. An instance of a subclass of
        Tensor stays one, and is marked as a parameter."""
        if data is None:
            data = empty(0)
        if not isinstance(requires_grad, bool):
            raise TypeError(f"Parameter(): argument 'requires_grad' must be bool, not {type(requires_grad).__name__}")
        if type(data) is Tensor or type(data) is Parameter:
            if requires_grad and not data._dtype.differentiable:
                raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
            made: Any = alias(data, counter(data))
            made.__class__ = cls
            made.requires_grad = requires_grad
            return made  # type: ignore[no-any-return]
        return _of_subclass(data, requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """A parameter on memory of its own, without the gradient."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def _of_subclass(data: Any, requires_grad: bool) -> Parameter:
    t = data.detach().requires_grad_(requires_grad)
    if type(t) is not type(data):
        kinds = type(data).__name__, type(t).__name__
        raise RuntimeError(
            f"Creating a Parameter from an instance of type {kinds[0]} requires that detach() returns an instance of "
            f"the same type, but return type {kinds[1]} was found instead. To use the type as a Parameter, please "
            "correct the detach() semantics defined by its __torch_dispatch__() implementation."
        )
    t._is_param = True
    return t  # type: ignore[no-any-return]


class Buffer(Tensor, metaclass=Marked):
    """A tensor on the memory of `data` that a module registers as a buffer when it is assigned to an attribute. The
    class makes plain tensors with a mark."""

    __slots__ = ()
    mark = "_is_buffer"

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        """`persistent`: whether it belongs to the state of the module."""
        if data is None:
            data = empty(0)
        t: Any = data.detach().requires_grad_(data.requires_grad)
        t.persistent = persistent
        t._is_buffer = True
        return t


class UninitializedTensorMixin:
    """A tensor that has a dtype and a device, but no shape and no values. Nothing is computed with it."""

    __slots__ = ()
    cls_to_become: Any = Tensor
    requires_grad: Any
    _dtype: Any
    _device: Any

    @property
    def _array(self) -> Any:
        """ValueError: this is what every operation asks for first."""
        raise ValueError(
            "Attempted to use an uninitialized parameter in an operation. This error happens when you are using a "
            f"`LazyModule` or explicitly manipulating `torch.nn.parameter.{type(self).__name__}` objects. When using "
            "LazyModules Call `forward` with a dummy batch to initialize the parameters before calling torch functions"
        )

    @_array.setter
    def _array(self, array: Any) -> None:
        _ARRAY.__set__(self, array)

    @property
    def data(self) -> Tensor:
        """A tensor without elements."""
        return wrap(_ARRAY.__get__(self), self._dtype, self._device)

    @data.setter
    def data(self, value: Tensor) -> None:
        adopt(self, value)  # type: ignore[arg-type]

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Becomes a tensor of that shape, whose values are not set."""
        data = self.data
        device = data.device if device is None else device
        self.data = empty(shape, device=device, dtype=data.dtype if dtype is None else dtype)
        self.__class__ = self.cls_to_become

    @property
    def shape(self) -> Any:
        """RuntimeError: it is not known."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    def copy_(self, src: Any, non_blocking: bool = False) -> Any:
        """Itself: there are no values."""
        self.data.copy_(src.data)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """ValueError, like any other operation: the attribute is there to be set."""
        return self._array

    def share_memory_(self) -> Any:
        """RuntimeError: there is none."""
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters "
            "before calling `module.share_memory()`."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self.requires_grad,)


def _converting(name: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.data, name)(*args, **kwargs)

    method.__name__ = name
    method.__doc__ = "A tensor without elements, converted."
    return method


for _name in ("half", "float", "double", "char", "short", "int", "long", "cuda", "sim", "cpu", "to", "size"):
    setattr(UninitializedTensorMixin, _name, _converting(_name))


def _of_kind(cls: Any, requires_grad: bool, device: Any, dtype: Any) -> Any:
    data = empty(0, device=device, dtype=dtype)
    made: Any = alias(data, counter(data))
    made.requires_grad = requires_grad
    made.__class__ = cls
    return made


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet."""

    __slots__ = ()
    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        return _of_kind(cls, requires_grad, device, dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, self.data.device, self.data.dtype)
        return memo[id(self)]


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    """A buffer whose shape is not known yet."""

    __slots__ = ()

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        made = _of_kind(cls, requires_grad, device, dtype)
        made.persistent, made._is_buffer = persistent, True
        return made


def is_lazy(param: Any) -> bool:
    """Whether a tensor has no shape yet."""
    return isinstance(param, UninitializedTensorMixin)
