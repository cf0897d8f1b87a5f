"""Whether operations are recorded: no_grad, enable_grad, set_grad_enabled and inference_mode, each per thread."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any


class Mode(threading.local):
    """The recording state of one thread. `grad`: operations are recorded; `inference`: results are inference
    tensors."""

    grad: bool = True
    inference: bool = False


MODE = Mode()


def is_grad_enabled() -> bool:
    """Whether operations of this thread are recorded."""
    return MODE.grad


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
        self._before.append((MODE.grad, MODE.inference))
        MODE.grad, MODE.inference = self._state()

    def __exit__(self, *exc: object) -> None:
        MODE.grad, MODE.inference = self._before.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
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
    """Operations are recorded inside, also within no_grad."""

    def _state(self) -> tuple[bool, bool]:
        return True, MODE.inference


class set_grad_enabled(_Switch):  # noqa: N801
    """Sets recording on or off: at once when called, and until the end of the block when used with `with`."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = mode
        self.prev = MODE.grad
        MODE.grad = mode

    def _state(self) -> tuple[bool, bool]:
        return self.mode, MODE.inference

    def clone(self) -> set_grad_enabled:
        """A fresh switch of the same setting."""
        return set_grad_enabled(self.mode)

    def __enter__(self) -> None:
        self._before.append((self.prev, MODE.inference))
        MODE.grad = self.mode

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        MODE.grad = self.prev  # decorating is not yet setting
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
