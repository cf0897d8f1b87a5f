"""Laws of the chapter gradmode: exceptions, threads and decorators."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from conformance.case import Trial


class EarlyExitError(Exception):
    """Ends a block or a function early."""


def modes(torch: Any) -> dict[str, tuple[Callable[[], Any], bool]]:
    """Each way to set the mode for a block or a function, and whether operations are recorded inside."""
    return {
        "no_grad()": (lambda: torch.no_grad(), False),
        "enable_grad()": (lambda: torch.enable_grad(), True),
        "set_grad_enabled(False)": (lambda: torch.set_grad_enabled(False), False),
        "set_grad_enabled(True)": (lambda: torch.set_grad_enabled(True), True),
    }


@pytest.mark.clause("gradmode.state.exception")
def test_exception(trial: Trial) -> None:
    """The mode after the block is the mode before it, on or off."""
    torch = trial.namespace
    for name, (mode, recording) in modes(torch).items():
        for outer in (True, False):
            call = f"with set_grad_enabled({outer}): with {name}: raise"
            with trial.case(f"{name} inside {outer}", call=call) as case, torch.set_grad_enabled(outer):
                with suppress(EarlyExitError), mode():
                    case.equal("inside", torch.is_grad_enabled(), recording)
                    raise EarlyExitError
                case.equal("after", torch.is_grad_enabled(), outer)


@pytest.mark.clause("gradmode.thread.local")
def test_thread(trial: Trial) -> None:
    """What one thread sets, another does not see."""
    torch = trial.namespace

    def observe() -> tuple[bool, bool]:
        enabled = torch.is_grad_enabled()
        recorded = (torch.ones(2, requires_grad=True, device=trial.device) * 2).requires_grad
        torch.set_grad_enabled(not enabled)
        return enabled, recorded

    for outer in (False, True):
        call = f"with set_grad_enabled({outer}): start a thread"
        with (
            trial.case(f"from {outer}", call=call) as case,
            torch.set_grad_enabled(outer),
            ThreadPoolExecutor(1) as pool,
        ):
            enabled, recorded = pool.submit(observe).result()
            case.equal("is_grad_enabled() in the thread", enabled, True)
            case.equal("requires_grad of a result in the thread", recorded, True)
            case.equal("is_grad_enabled() after the thread", torch.is_grad_enabled(), outer)


@pytest.mark.clause("gradmode.decorator.call")
def test_decorator(trial: Trial) -> None:
    """Every call has the mode, the second one too, and a call from inside another."""
    torch = trial.namespace

    def observe(x: Any, again: Callable[..., Any] | None) -> list[Any]:
        here = [torch.is_grad_enabled(), (x * 2).requires_grad]
        return here + again(x, None) if again else here

    with trial.case("two calls", call="@torch.no_grad() on a function") as case:
        x = torch.ones(2, requires_grad=True)
        decorated = torch.no_grad()(observe)
        for number in ("first", "second"):
            case.equal(f"{number} call", decorated(x, decorated), [False] * 4)
            case.equal(f"is_grad_enabled() after the {number} call", torch.is_grad_enabled(), True)
            case.equal(f"requires_grad of a result after the {number} call", (x * 2).requires_grad, True)


@pytest.mark.clause("gradmode.decorator.bare")
def test_bare_decorator(trial: Trial) -> None:
    """The class itself decorates."""
    torch = trial.namespace
    for name, recording in (("no_grad", False), ("enable_grad", True)):
        with trial.case(name, call=f"@torch.{name} on a function") as case, torch.set_grad_enabled(not recording):
            x = torch.ones(2, requires_grad=True)
            y = getattr(torch, name)(lambda x: x * 2)(x)
            case.same(y, [2.0, 2.0])
            case.equal("requires_grad of the result", y.requires_grad, recording)
            case.equal("is_grad_enabled() after the call", torch.is_grad_enabled(), not recording)


@pytest.mark.clause("gradmode.decorator.set")
def test_set_decorator(trial: Trial) -> None:
    """Decorating sets no mode; calling does."""
    torch = trial.namespace
    for flag in (False, True):
        with trial.case(f"{flag}", call=f"@torch.set_grad_enabled({flag})") as case, torch.set_grad_enabled(not flag):
            decorated = torch.set_grad_enabled(flag)(lambda: torch.is_grad_enabled())
            case.equal("after the definition", torch.is_grad_enabled(), not flag)
            case.equal("in the call", decorated(), flag)
            case.equal("after the call", torch.is_grad_enabled(), not flag)


@pytest.mark.clause("gradmode.decorator.generator")
def test_generator(trial: Trial) -> None:
    """The mode changes at every step in and out of the body, also when a value is sent or an exception thrown in."""
    torch = trial.namespace

    def steps() -> Generator[list[Any], Any, None]:
        sent = yield [torch.is_grad_enabled()]
        try:
            yield [sent, torch.is_grad_enabled()]
        except EarlyExitError:
            yield ["caught", torch.is_grad_enabled()]

    with trial.case("steps", call="@torch.no_grad() on a generator function") as case:
        walk = torch.no_grad()(steps)()
        case.equal("before the first value", torch.is_grad_enabled(), True)
        case.equal("first value", next(walk), [False])
        case.equal("between the values", torch.is_grad_enabled(), True)
        case.equal("after a value is sent", walk.send("sent"), ["sent", False])
        case.equal("between the values again", torch.is_grad_enabled(), True)
        case.equal("after an exception is thrown in", walk.throw(EarlyExitError()), ["caught", False])
        case.equal("rest", list(walk), [])
        case.equal("at the end", torch.is_grad_enabled(), True)


@pytest.mark.clause("gradmode.decorator.name")
def test_name(trial: Trial) -> None:
    """A decorated function looks like the one it wraps."""
    torch = trial.namespace
    for name, (mode, _) in modes(torch).items():
        with trial.case(name, call=f"@torch.{name} on a function") as case:

            def scale(x: Any, *, by: float = 2.0) -> Any:
                """Multiply."""
                return x * by

            decorated = mode()(scale)
            case.equal("__name__", decorated.__name__, "scale")
            case.equal("__doc__", decorated.__doc__, "Multiply.")
            case.same(decorated(torch.ones(2)), [2.0, 2.0])
            case.same(decorated(torch.ones(2), by=5.0), [5.0, 5.0])


@pytest.mark.clause("gradmode.decorator.exception")
def test_decorator_exception(trial: Trial) -> None:
    """The exception arrives at the caller, whose mode is as before."""
    torch = trial.namespace
    for name, (mode, recording) in modes(torch).items():
        with trial.case(name, call=f"@torch.{name} on a function that raises") as case:
            seen: list[bool] = []

            def fail(seen: list[bool] = seen) -> None:
                seen.append(torch.is_grad_enabled())
                raise EarlyExitError("inside")

            decorated = mode()(fail)
            with torch.set_grad_enabled(not recording):
                try:
                    decorated()
                except EarlyExitError as error:
                    case.equal("exception", str(error), "inside")
                case.equal("in the call", seen, [recording])
                case.equal("after the call", torch.is_grad_enabled(), not recording)


@pytest.mark.clause("gradmode.inference.decorator")
def test_inference_decorator(trial: Trial) -> None:
    """Results of the function are inference tensors; results outside are not."""
    torch = trial.namespace
    with trial.case("call", call="@torch.inference_mode() on a function") as case:
        x = torch.ones(2, requires_grad=True)
        y = torch.inference_mode()(lambda x: x * 2)(x)
        case.same(y, [2.0, 2.0])
        case.equal("is_inference() of the result", y.is_inference(), True)
        case.equal("requires_grad of the result", y.requires_grad, False)
        case.equal("is_inference_mode_enabled() after the call", torch.is_inference_mode_enabled(), False)
        case.equal("requires_grad of a result after the call", (x * 2).requires_grad, True)


@pytest.mark.clause("gradmode.thread.backward")
def test_thread_backward(trial: Trial) -> None:
    """The gradient is that of the thread that recorded."""
    torch = trial.namespace
    for outer in (True, False):
        with trial.case(f"grad mode {outer}", call="y = (x * x).sum(); y.backward() in a thread") as case:
            x = torch.tensor([1.0, -3.0], requires_grad=True)
            y = (x * x).sum()
            with torch.set_grad_enabled(outer), ThreadPoolExecutor(1) as pool:
                pool.submit(y.backward).result()
            case.same(x.grad, [2.0, -6.0], "gradient")


def walk_of(trial: Trial, cleaned: list[bool]) -> Callable[..., Generator[int, Any, str]]:
    """A generator function under `no_grad`, which writes down the mode of its clean-up."""
    torch = trial.namespace

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def walk(fails: bool = False) -> Generator[int, Any, str]:
        try:
            yield 1
            if fails:
                raise EarlyExitError("inside")
        finally:
            cleaned.append(torch.is_grad_enabled())
        return "end"

    return walk  # type: ignore[no-any-return]


@pytest.mark.clause("gradmode.decorator.generator.end")
def test_generator_end(trial: Trial) -> None:
    """Return values, and exceptions from inside."""
    cleaned: list[bool] = []
    walk = walk_of(trial, cleaned)
    with trial.case("returns", call="next, next") as case:
        steps = walk()
        next(steps)
        try:
            next(steps)
        except StopIteration as stop:
            case.equal("value", stop.value, "end")
        case.equal("is_grad_enabled()", trial.namespace.is_grad_enabled(), True)
    with trial.case("raises", call="next, next") as case:
        steps = walk(fails=True)
        next(steps)
        with suppress(EarlyExitError):
            next(steps)
        case.equal("is_grad_enabled()", trial.namespace.is_grad_enabled(), True)
        case.equal("is_grad_enabled() in each clean-up", cleaned, [False] * 2)


@pytest.mark.clause("gradmode.decorator.generator.left")
def test_generator_left(trial: Trial) -> None:
    """Exceptions from the caller, and `close`."""
    cleaned: list[bool] = []
    walk = walk_of(trial, cleaned)
    with trial.case("thrown", call="next, throw") as case:
        steps = walk()
        next(steps)
        told = ""
        try:
            steps.throw(EarlyExitError("outside"))
        except EarlyExitError as error:
            told = str(error)
        case.equal("exception", told, "outside")
        case.equal("is_grad_enabled()", trial.namespace.is_grad_enabled(), True)
    with trial.case("closed", call="next, close") as case:
        steps = walk()
        next(steps)
        steps.close()
        case.equal("is_grad_enabled()", trial.namespace.is_grad_enabled(), True)
        case.equal("is_grad_enabled() in each clean-up", cleaned, [False] * 2)


@pytest.mark.clause("gradmode.decorator.generator.delegate")
def test_generator_delegate(trial: Trial) -> None:
    """The caller's mode between the values, and as it sets it."""
    torch = trial.namespace

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def inner() -> Generator[bool, Any, list[Any]]:
        sent = yield torch.is_grad_enabled()
        return [sent, torch.is_grad_enabled()]

    def outer() -> Generator[Any, Any, None]:
        result = yield from inner()
        yield result, torch.is_grad_enabled()

    with trial.case("yield from", call="result = yield from inner()") as case:
        steps = outer()
        case.equal("first value", next(steps), False)
        case.equal("between", torch.is_grad_enabled(), True)
        case.equal("result", steps.send("sent"), (["sent", False], True))
    with trial.case("caller's mode", call="next(steps) inside set_grad_enabled(False)") as case:

        @torch.enable_grad()  # type: ignore[untyped-decorator]
        def seen() -> Generator[bool, None, None]:
            while True:
                yield torch.is_grad_enabled()

        steps = seen()
        for outside in (True, False, True):
            with torch.set_grad_enabled(outside):
                case.equal(f"inside, caller {outside}", next(steps), True)
                case.equal(f"outside, caller {outside}", torch.is_grad_enabled(), outside)


@pytest.mark.clause("gradmode.decorator.method")
def test_method(trial: Trial) -> None:
    """What the decorated function sees, called in every way."""
    torch = trial.namespace
    off = torch.no_grad

    class Model:
        scale = 3.0

        @off()  # type: ignore[untyped-decorator]
        def method(self, x: Any) -> Any:
            return x * self.scale

        @classmethod
        @off()  # type: ignore[untyped-decorator]
        def of_class(cls, x: Any) -> Any:
            return x * cls.scale

        @staticmethod
        @off()  # type: ignore[untyped-decorator]
        def static(x: Any) -> Any:
            return x * 3.0

        @property
        @off()  # type: ignore[untyped-decorator]
        def mode(self) -> bool:
            return bool(torch.is_grad_enabled())

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    model = Model()
    for name in ("method", "of_class", "static"):
        with trial.case(name, call=f"model.{name}(x)") as case:
            y = getattr(model, name)(x)
            case.same(y, [3.0, 6.0])
            case.equal("requires_grad", y.requires_grad, False)
            case.equal("is_grad_enabled() afterwards", torch.is_grad_enabled(), True)
    with trial.case("property", call="model.mode") as case:
        case.equal("is_grad_enabled()", model.mode, False)


@pytest.mark.clause("gradmode.decorator.nested")
def test_nested(trial: Trial) -> None:
    """Depths of a recursion, and of two functions that call each other."""
    torch = trial.namespace

    def record(depth: int) -> list[bool]:
        here = [bool(torch.is_grad_enabled())]
        return here + (other(depth - 1) if depth else []) + [bool(torch.is_grad_enabled())]

    off, on = torch.no_grad()(record), torch.enable_grad()(record)
    for name, function, following, want in (
        ("itself", off, off, [False] * 8),
        ("each other", off, on, [False, True, True, True, True, True, True, False]),
    ):
        with trial.case(name, call="a decorated function that calls a decorated function") as case:
            other = following
            case.equal("is_grad_enabled() on the way in and out", function(3), want)
            case.equal("is_grad_enabled() afterwards", torch.is_grad_enabled(), True)


@pytest.mark.clause("gradmode.decorator.class")
def test_class(trial: Trial) -> None:
    """The constructor, a method, and the warning."""
    torch = trial.namespace
    with trial.case("no_grad", call="@torch.no_grad() on a class") as case:

        class Model:
            def __init__(self) -> None:
                self.made = torch.is_grad_enabled()

            def mode(self) -> bool:
                return bool(torch.is_grad_enabled())

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            decorated = torch.no_grad()(Model)
        case.equal("warnings", [warning.category.__name__ for warning in caught], ["FutureWarning"])
        model = decorated()
        case.equal("is_grad_enabled() in the constructor", model.made, False)
        case.equal("is_grad_enabled() in a method", model.mode(), True)


@pytest.mark.clause("gradmode.inference.exception")
def test_inference_exception(trial: Trial) -> None:
    """After the block, and in a thread that starts inside it."""
    torch = trial.namespace

    def seen() -> tuple[bool, bool, bool]:
        made = torch.ones(2, device=trial.device)
        return torch.is_inference_mode_enabled(), torch.is_grad_enabled(), made.is_inference()

    with trial.case("exception", call="with inference_mode(): raise") as case:
        with suppress(EarlyExitError), torch.inference_mode():
            case.equal("inside", seen(), (True, False, True))
            raise EarlyExitError
        case.equal("after", seen(), (False, True, False))
    with trial.case("thread", call="with inference_mode(): start a thread") as case:
        with torch.inference_mode(), ThreadPoolExecutor(1) as pool:
            case.equal("in the thread", pool.submit(seen).result(), (False, True, False))
            case.equal("inside", seen(), (True, False, True))
        case.equal("after", seen(), (False, True, False))


@pytest.mark.clause("gradmode.inference.decorator.bare")
def test_bare_inference(trial: Trial) -> None:
    """A function and a generator function."""
    torch = trial.namespace

    def observe() -> tuple[bool, bool]:
        return torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    def walk() -> Generator[tuple[bool, bool], None, None]:
        yield observe()
        yield observe()

    with trial.case("function", call="@torch.inference_mode on a function") as case:
        case.equal("in the call", torch.inference_mode(observe)(), (True, False))
        case.equal("after the call", observe(), (False, True))
    with trial.case("generator", call="@torch.inference_mode() on a generator function") as case:
        steps = torch.inference_mode()(walk)()
        for number in ("first", "second"):
            case.equal(f"{number} value", next(steps), (True, False))
            case.equal(f"after the {number} value", observe(), (False, True))
