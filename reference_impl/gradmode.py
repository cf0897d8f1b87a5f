"""Whether operations are recorded: no_grad, enable_grad, set_grad_enabled and inference_mode, each per thread."""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import Any

_OF_CLASS = (
    "Decorating classes is deprecated and will be disabled in future versions. You should only decorate functions or "
    "methods. To preserve the current behavior of class decoration, you can directly decorate the `__init__` method "
    "and nothing else."
)


class Mode(threading.local):
    """The recording state of one thread.

    enabled     what the user asked for: recording
    inference   results are inference tensors, and nothing is recorded whatever `enabled` says
    grad        operations are recorded: enabled and not inference
    packing     the pair of hooks that saved tensors pass through, or None
    transforms  how many function transforms are running, and `forward` how many of them forward
    mapping     the randomness of the `vmap` that is running, or None
    dual        the level of forward-mode differentiation, or None: inside it everything is recorded
    unpacked    why there are no such hooks, or None where there may be
    """

    enabled: bool = True
    inference: bool = False
    grad: bool = True
    packing: tuple[Callable[[Any], Any], Callable[[Any], Any]] | None = None
    transforms: int = 0
    forward: int = 0
    mapping: str | None = None
    dual: object | None = None
    unpacked: str | None = None


MODE = Mode()


def switch(enabled: bool, inference: bool) -> None:
    """Sets the state of this thread."""
    MODE.enabled, MODE.inference = enabled, inference
    MODE.grad = (enabled or MODE.dual is not None) and not inference


def check_unmapped(name: str) -> None:
    """RuntimeError inside `vmap`, for operations whose results have a shape that depends on values."""
    if MODE.mapping is not None:
        raise RuntimeError(
            "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over "
            f"aten::{name}. Please file an issue at https://github.com/pytorch/pytorch/issues if you need this feature."
        )


def is_grad_enabled() -> bool:
    """Whether recording is switched on in this thread."""
    return MODE.enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is in inference mode."""
    return MODE.inference


class _Switch:
    """A context manager that sets the state, and a decorator of functions and generator functions."""

    def __init__(self) -> None:
        self._before: list[tuple[bool, bool]] = []

    def _state(self) -> tuple[bool, bool]:
        raise NotImplementedError

    def clone(self) -> Any:
        """A fresh switch of the same setting, one for each call of a decorated function."""
        return type(self)()

    def __enter__(self) -> None:
        self._before.append((MODE.enabled, MODE.inference))
        switch(*self._state())

    def __exit__(self, *exc: object) -> None:
        switch(*self._before.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with the mode. FutureWarning for a class, whose construction alone gets it."""
        if inspect.isclass(function):
            warnings.warn(_OF_CLASS, FutureWarning, stacklevel=2)
            return self(lambda *args, **kwargs: function(*args, **kwargs))
        if inspect.isgeneratorfunction(function):
            return _wrap_generator(self.clone, function)

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return wrapper


def _wrap_generator(clone: Callable[[], Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """The mode holds while the generator runs, and is put back at every yield."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        generator = function(*args, **kwargs)
        step: Callable[..., Any] = generator.send
        value: Any = (None,)
        while True:
            try:
                with clone():
                    item = step(*value)
            except StopIteration as stop:
                return stop.value
            try:
                sent = yield item
            except GeneratorExit:
                with clone():
                    generator.close()
                raise
            except BaseException as error:
                step, value = generator.throw, (error,)
            else:
                step, value = generator.send, (sent,)

    return wrapper


class _Bare(_Switch):
    """A switch without arguments, that can decorate without parentheses."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        switch = super().__new__(cls)
        if function is None:
            return switch
        switch._before = []
        return switch(function)

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        super().__init__()


class no_grad(_Bare):  # noqa: N801
    """Nothing is recorded inside; results do not require grad."""

    def _state(self) -> tuple[bool, bool]:
        return False, MODE.inference


class enable_grad(_Bare):  # noqa: N801
    """Operations are recorded inside, also within no_grad; but not within inference_mode."""

    def _state(self) -> tuple[bool, bool]:
        return True, MODE.inference


class set_grad_enabled(_Switch):  # noqa: N801
    """Sets recording on or off: at once when called, and until the end of the block when used with `with`.

    TypeError for a mode that is no bool.
    """

    def __init__(self, mode: bool) -> None:
        super().__init__()
        if not isinstance(mode, bool):
            found = type(mode).__name__
            raise TypeError(f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {found}")
        self.mode = mode
        self.prev = MODE.enabled
        switch(mode, MODE.inference)

    def _state(self) -> tuple[bool, bool]:
        return self.mode, MODE.inference

    def clone(self) -> set_grad_enabled:
        """A fresh switch of the same setting."""
        return set_grad_enabled(self.mode)

    def __enter__(self) -> None:
        self._before.append((self.prev, MODE.inference))
        switch(self.mode, MODE.inference)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        switch(self.prev, MODE.inference)  # decorating is not yet setting
        return super().__call__(function)


class inference_mode(_Switch):  # noqa: N801
    """Nothing is recorded, and results are inference tensors, without a version counter."""

    def __new__(cls, mode: Any = True) -> Any:
        switch = super().__new__(cls)
        if callable(mode):
            switch._before, switch.mode = [], True
            return switch(mode)
        return switch

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = mode

    def clone(self) -> inference_mode:
        """A fresh switch of the same setting."""
        switch: inference_mode = type(self)(self.mode)
        return switch

    def _state(self) -> tuple[bool, bool]:
        return (False, True) if self.mode else (True, False)


class set_multithreading_enabled(_Switch):  # noqa: N801
    """Whether backward may use several threads. Here it never does, and gradients are the same either way."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = mode

    def clone(self) -> set_multithreading_enabled:
        """A fresh switch of the same setting."""
        return set_multithreading_enabled(self.mode)

    def _state(self) -> tuple[bool, bool]:
        return MODE.enabled, MODE.inference
