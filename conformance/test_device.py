"""Laws of the chapter device: pairs of devices, families of operations, current and default devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from conformance.case import Trial
from conformance.law import travel
from conformance.law.placement import Pair, accelerators, dtypes_of, floats, is_host, lies_on, made

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "contiguous": lambda whole: whole,
    "transposed": lambda whole: whole.T,
    "stepped with offset": lambda whole: whole[1:, 1::2],
    "row": lambda whole: whole[1],
    "element": lambda whole: whole[1, 2],
    "empty": lambda whole: whole[3:],
}
ABSENT = 99


@pytest.mark.clause("device.integer.ordinal")
def test_ordinal(trial: Trial) -> None:
    """With an accelerator and without one."""
    torch = trial.namespace
    with trial.case("torch.device(0)", call="torch.device(0)") as case:
        kind = torch.accelerator.current_accelerator()
        case.equal("a device from text", torch.device("cpu").type, "cpu")
        if kind is None:
            with case.raises("RuntimeError", "Cannot access accelerator device when none is available."):
                torch.device(0)
        else:
            case.equal("device", torch.device(0), torch.device(kind.type, 0))
            case.equal("device of a tensor", torch.ones(2, device=0).device, torch.device(kind.type, 0))


@pytest.mark.clause("device.absent.refused")
def test_absent(trial: Trial) -> None:
    """An ordinal that no machine has, of CUDA and of the backend's own accelerators."""
    torch = trial.namespace
    kinds = {"cuda"} | {name.split(":")[0] for name in trial.backend.devices} - {"cpu"}
    for place in sorted(f"{kind}:{ABSENT}" for kind in kinds):
        for call in ("torch.ones(2, device=d)", "torch.tensor([1.0], device=d)", "x.to(d)"):
            with trial.case(f"{place} {call}", call=call, inputs=f"d = {place!r}, x: float32 (2,)") as case:
                x = torch.ones(2)
                lies_on(case, x, trial.device)
                try:
                    got = eval(call, {"torch": torch, "x": x, "d": place})
                except (RuntimeError, AssertionError) as error:
                    case.holds("refused", True, "RuntimeError or AssertionError", type(error).__name__)
                else:
                    case.holds("refused", False, "RuntimeError or AssertionError", f"a tensor on {got.device}")


@pytest.mark.clause("device.absent.cuda")
def test_absent_cuda(trial: Trial) -> None:
    """Without CUDA the call is refused; with it the result is on a CUDA device."""
    with trial.case("x.cuda()", call="x.cuda()", inputs="x: float32 (2,) on cpu") as case:
        x = made(trial, [1.0, 2.0], "cpu")
        move = x.cuda
        if trial.namespace.cuda.is_available():
            lies_on(case, move(), "cuda")
            return
        try:
            move()
        except (RuntimeError, AssertionError) as error:
            case.holds("refused", True, "RuntimeError or AssertionError", type(error).__name__)
        else:
            case.holds("refused", False, "RuntimeError or AssertionError", "no exception")
        case.same(x, floats([1, 2]), "x")


@pytest.mark.clause("device.factory.report")
def test_factory(row: dict[str, str], trial: Trial, device: str) -> None:
    """The device as text and as an object."""
    torch = trial.namespace
    for form in ("text", "object"):
        with trial.case(form, call=row["factory"], inputs=f"d = {device!r} as {form}") as case:
            d = device if form == "text" else torch.device(device)
            lies_on(case, eval(row["factory"], {"torch": torch, "d": d, "x": torch.ones(2)}), device)


@pytest.mark.clause("device.factory.other")
def test_factory_elsewhere(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The first device is the default and holds the pattern; the second is asked for."""
    torch = trial.namespace
    for form in ("text", "object"):
        with trial.case(form, call=row["factory"], inputs=f"d = {pair[1]!r} as {form}, x on {pair[0]}") as case:
            d = pair[1] if form == "text" else torch.device(pair[1])
            x = torch.ones(2, device=pair[0])
            lies_on(case, eval(row["factory"], {"torch": torch, "d": d, "x": x}), pair[1])
            lies_on(case, x, pair[0], "device of x")


@contextmanager
def current_device_kept(module: Any) -> Iterator[int]:
    """Put the current device back after the body."""
    before = module.current_device()
    try:
        yield before
    finally:
        module.set_device(before)


@pytest.mark.clause("device.current.set")
def test_current_set(trial: Trial) -> None:
    """Each ordinal in turn."""
    torch, (first, *_) = trial.namespace, accelerators(trial)
    kind = first.split(":")[0]
    for place in accelerators(trial):
        with trial.case(place, call=f"torch.{kind}.set_device(i); torch.ones(2, device={kind!r}).device") as case:
            module, index = getattr(torch, kind), torch.device(place).index
            with current_device_kept(module):
                module.set_device(index)
                case.equal("current_device", module.current_device(), index)
                lies_on(case, torch.ones(2, device=kind), place, "device of a factory")
                lies_on(case, torch.ones(2, device="cpu").to(kind), place, "device of a move")
                module.set_device(torch.device(first))
                case.equal("current_device set by a device", module.current_device(), torch.device(first).index)


@pytest.mark.clause("device.current.block")
def test_current_block(trial: Trial) -> None:
    """Also when the block ends by an exception."""
    torch, kind = trial.namespace, accelerators(trial)[0].split(":")[0]
    for place in accelerators(trial):
        with trial.case(place, call=f"with torch.{kind}.device(i): torch.ones(2, device={kind!r}).device") as case:
            module, index = getattr(torch, kind), torch.device(place).index
            with current_device_kept(module) as before:
                with module.device(index):
                    lies_on(case, torch.ones(2, device=kind), place, "device inside")
                case.equal("current_device afterwards", module.current_device(), before)
                with case.raises("ZeroDivisionError"), module.device(index):
                    _ = 1 / 0
                case.equal("current_device after an exception", module.current_device(), before)


@pytest.mark.clause("device.current.explicit")
def test_current_explicit(trial: Trial) -> None:
    """Every ordinal from within every other."""
    torch, kind = trial.namespace, accelerators(trial)[0].split(":")[0]
    for around in accelerators(trial):
        for place in accelerators(trial):
            call = f"with torch.{kind}.device({around!r}): torch.ones(2, device={place!r})"
            with trial.case(f"{place} in {around}", call=call) as case:
                module = getattr(torch, kind)
                with current_device_kept(module), module.device(torch.device(around).index):
                    lies_on(case, torch.ones(2, device=place), place)


@pytest.mark.clause("device.move.values")
def test_move(trial: Trial, pair: Pair) -> None:
    """Every dtype in every layout; the source stays as it was."""
    first, second = pair
    for dtype in dtypes_of(trial):
        whole = (np.arange(15) % (2 if dtype == "bool" else 7)).reshape(3, 5)
        for layout, view in LAYOUTS.items():
            with trial.case(
                f"{dtype} {layout}", call=f"x.to({second!r})", inputs=f"x: {dtype} {layout} on {first}"
            ) as case:
                x = view(made(trial, whole.tolist(), first, dtype))
                y, want = x.to(second), view(whole)
                case.equal("dtype", y.dtype, x.dtype)
                case.equal("shape", tuple(y.shape), want.shape)
                case.same(trial.read(y).astype(np.complex128), want.astype(np.complex128))
                lies_on(case, y, second)
                lies_on(case, x, first, "device of the source")
                case.same(trial.read(x).astype(np.complex128), want.astype(np.complex128), "source")


@pytest.mark.clause("device.move.copy")
def test_move_copies(trial: Trial, pair: Pair) -> None:
    """Writes on both sides, through the tensors and through views of them."""
    first, second = pair
    with trial.case("write to both", call=f"y = x.to({second!r}); y[0] = 5; x.add_(1)", inputs=f"x on {first}") as case:
        x = made(trial, [1.0, 2.0, 3.0], first)
        y = x.to(second)
        y[0] = 5
        case.same(x, floats([1, 2, 3]), "source after a write to the result")
        x.add_(1)
        x[1:].mul_(10)
        case.same(y, floats([5, 2, 3]), "result after writes to the source")
        case.same(x, floats([2, 30, 40]), "source after its own writes")
    with trial.case("expanded", call=f"y = x.expand(2, 3).to({second!r}); y[0] = 5", inputs=f"x on {first}") as case:
        x = made(trial, [1.0, 2.0, 3.0], first)
        y = x.expand(2, 3).to(second)
        case.same(y, floats([[1, 2, 3], [1, 2, 3]]))
        y[0] = 5
        case.same(y, floats([[5, 5, 5], [1, 2, 3]]), "result after a write to one row")
        case.same(x, floats([1, 2, 3]), "source")


@pytest.mark.clause("device.move.round")
def test_move_round(trial: Trial, pair: Pair) -> None:
    """There and back."""
    first, second = pair
    with trial.case("round trip", call=f"z = x.to({second!r}).to({first!r}); z[0] = 5", inputs=f"x on {first}") as case:
        x = made(trial, [1.0, 2.0, 3.0], first)
        z = x.to(second).to(first)
        lies_on(case, z, first)
        case.same(z, floats([1, 2, 3]), "values")
        z[0] = 5
        case.same(x, floats([1, 2, 3]), "source after a write to the result")


@pytest.mark.clause("device.move.both")
def test_move_converts(trial: Trial, pair: Pair) -> None:
    """Positional and keyword arguments."""
    first, second = pair
    torch = trial.namespace
    for call in ("x.to(d, t)", "x.to(device=d, dtype=t)", "x.to(torch.device(d), t)"):
        for dtype, want in (("float64", [1.5, 2.5]), ("int32", [1, 2])):
            with trial.case(f"{call} {dtype}", call=call, inputs=f"x: float32 on {first}, d = {second!r}") as case:
                t = getattr(torch, dtype)
                y = eval(call, {"torch": torch, "x": made(trial, [1.5, 2.5], first), "d": second, "t": t})
                lies_on(case, y, second)
                case.equal("dtype", y.dtype, t)
                case.same(y, np.array(want, dtype=dtype))


@pytest.mark.clause("device.move.other")
def test_move_to_tensor(trial: Trial, pair: Pair) -> None:
    """The other tensor gives device and dtype, and no shape."""
    first, second = pair
    with trial.case("x.to(y)", call="x.to(y)", inputs=f"x: float32 (2,) on {first}, y: int64 () on {second}") as case:
        got = made(trial, [1.5, 2.5], first).to(made(trial, 0, second, "int64"))
        lies_on(case, got, second)
        case.same(got, np.array([1, 2]))


@pytest.mark.clause("device.move.strides")
def test_move_strides(trial: Trial, pair: Pair) -> None:
    """Transposed and permuted tensors."""
    first, second = pair
    views: dict[str, Callable[[Any], Any]] = {
        "x": lambda x: x,
        "x.transpose(0, 2)": lambda x: x.transpose(0, 2),
        "x.permute(1, 2, 0)": lambda x: x.permute(1, 2, 0),
    }
    for name, view in views.items():
        with trial.case(
            name, call=f"{name}.to({second!r}).stride()", inputs=f"x: float32 (2, 3, 4) on {first}"
        ) as case:
            x = view(made(trial, np.arange(24).reshape(2, 3, 4).tolist(), first))
            case.equal("stride", tuple(x.to(second).stride()), tuple(x.stride()))
            case.same(x.to(second), trial.read(x))


@pytest.mark.clause("device.move.nonblocking")
def test_move_nonblocking(trial: Trial, pair: Pair) -> None:
    """By `to` and by `copy_`; reading synchronises."""
    first, second = pair
    with trial.case("to and copy_", call=f"x.to({second!r}, non_blocking=True)", inputs=f"x on {first}") as case:
        x = made(trial, list(range(1000)), first)
        y = x.to(second, non_blocking=True)
        lies_on(case, y, second)
        case.same(y, np.arange(1000, dtype=np.float32))
        z = made(trial, [0.0] * 1000, second)
        z.copy_(x, non_blocking=True)
        case.same(z, np.arange(1000, dtype=np.float32), "values by copy_")


@pytest.mark.clause("device.copy.into")
def test_copy_into(trial: Trial, pair: Pair) -> None:
    """Conversion, broadcasting, and no memory in common afterwards."""
    first, second = pair
    with trial.case(
        "x.copy_(y)", call="x.copy_(y)", inputs=f"x: float64 (2, 2) on {first}, y: int32 (2,) on {second}"
    ) as case:
        x = made(trial, [[0, 0], [0, 0]], first, "float64")
        y = made(trial, [3, 4], second, "int32")
        got = x.copy_(y)
        case.holds("returns", got is x, "the target itself", "the target" if got is x else "another object")
        lies_on(case, x, first)
        case.same(x, np.array([[3.0, 4.0], [3.0, 4.0]]))
        y[0] = 9
        case.same(x, np.array([[3.0, 4.0], [3.0, 4.0]]), "target after a write to the source")


@pytest.mark.clause("device.copy.assign")
def test_copy_assign(trial: Trial, pair: Pair) -> None:
    """A row, and a slice with steps."""
    first, second = pair
    with trial.case("x[0] = y", call="x[0] = y; x[1, ::2] = y", inputs=f"x: (2, 4) on {first}, y on {second}") as case:
        x = made(trial, [[0.0] * 4] * 2, first)
        x[0] = made(trial, [1.0, 2.0, 3.0, 4.0], second)
        x[1, ::2] = made(trial, [5.0, 6.0], second)
        lies_on(case, x, first)
        case.same(x, floats([[1, 2, 3, 4], [5, 0, 6, 0]]))


@pytest.mark.clause("device.result.same")
def test_result(row: dict[str, str], trial: Trial) -> None:
    """On every device of the type under test."""
    kind = trial.device.split(":")[0]
    for place in (name for name in trial.backend.devices if name.split(":")[0] == kind):
        with trial.case(place, call=row["result"], inputs=f"x: float32 (2, 2) on {place}") as case:
            x = made(trial, [[1.0, 2.0], [3.0, 4.0]], place)
            lies_on(case, eval(row["result"], {"torch": trial.namespace, "x": x}), place)


@pytest.mark.clause("device.mix.refused")
def test_mix(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The same call is accepted when both operands are on the first device."""
    with trial.case(
        "a and b", call=row["operation"], inputs=f"a: (2, 2) on {pair[0]}; b: (2, 2), i on {pair[1]}"
    ) as case:
        values = [[1.0, 2.0], [3.0, 4.0]]
        for place in pair:
            names = {"a": made(trial, values, pair[0]), "b": made(trial, values, place)}
            names["i"] = made(trial, [1, 0], place, "int64")
            if place == pair[0]:
                got = eval(row["operation"], {"torch": trial.namespace, **names})
                lies_on(case, got, place, "device of the operation on one device")
                continue
            with case.raises("RuntimeError", "device"):
                eval(row["operation"], {"torch": trial.namespace, **names})


@pytest.mark.clause("device.mix.untouched")
def test_mix_untouched(trial: Trial, pair: Pair) -> None:
    """In place, and with an output argument."""
    torch = trial.namespace
    for call in ("a.add_(b)", "a.mul_(b)", "torch.add(a, a, out=b)"):
        with trial.case(call, call=call, inputs=f"a on {pair[0]}, b on {pair[1]}") as case:
            a, b = made(trial, [1.0, 2.0], pair[0]), made(trial, [3.0, 4.0], pair[1])
            with case.raises("RuntimeError", "device"):
                eval(call, {"torch": torch, "a": a, "b": b})
            case.same(a, floats([1, 2]), "a")
            case.same(b, floats([3, 4]), "b")


@pytest.mark.clause("device.mix.ordinal")
def test_mix_ordinal(trial: Trial) -> None:
    """The first two devices of the accelerator's type."""
    found = accelerators(trial)
    if len(found) < 2:
        pytest.skip("one device of the accelerator's type")
    with trial.case("a + b", call="a + b", inputs=f"a on {found[0]}, b on {found[1]}") as case:
        a, b = made(trial, [1.0, 2.0], found[0]), made(trial, [3.0, 4.0], found[1])
        case.holds("devices", a.device != b.device, "different", f"{a.device} and {b.device}")
        with case.raises("RuntimeError", "device"):
            a + b
        with case.raises("RuntimeError", "device"):
            a + b[0]
        case.same(a + b.to(found[0]), floats([4, 6]))


@pytest.mark.clause("device.zero-dim.host")
def test_scalar(row: dict[str, str], trial: Trial) -> None:
    """With tensors of several shapes on every accelerator."""
    for place in accelerators(trial):
        for shape in ((3,), (2, 2), (0,), (1,)):
            with trial.case(
                f"{place} {shape}", call=row["operation"], inputs=f"x: {shape} on {place}, s: () on cpu"
            ) as case:
                values = np.arange(1, 1 + int(np.prod(shape)), dtype=np.float32).reshape(shape)
                x, s = made(trial, values.tolist(), place), made(trial, 2.0, "cpu")
                want = eval(row["equals"], {"np": np, "x": values, "s": floats(2)})
                got = eval(row["operation"], {"torch": trial.namespace, "x": x, "s": s})
                lies_on(case, got, place)
                case.same(got, want)


@pytest.mark.clause("device.index.pair")
def test_index(trial: Trial, pair: Pair) -> None:
    """The tensor on the first device, the index on the second, in reading and in assignment."""
    first, second = pair
    values = floats([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    indices: dict[str, tuple[Any, str]] = {"integers": ([2, 0], "int64"), "bools": ([True, False, True], "bool")}
    for name, (entries, dtype) in indices.items():
        for place in pair:
            with trial.case(f"{name} on {place}", call="x[i]; x[:, i]; x[i] = 0", inputs=f"x on {first}") as case:
                x, i = made(trial, values.tolist(), first), made(trial, entries, place, dtype)
                if place == second and not is_host(second):
                    with case.raises("RuntimeError", "indices should be either on"):
                        x[i]
                    continue
                case.same(x[i], values[entries])
                lies_on(case, x[i], first)
                case.same(x[:, i], values[:, entries], "columns")
                want = values.copy()
                x[i], want[entries] = 0, 0
                case.same(x, want, "after assignment")


@pytest.mark.clause("device.default.set")
def test_default(trial: Trial) -> None:
    """Other devices where the device under test is the default already; itself inside a block."""
    torch, backend = trial.namespace, trial.backend
    outermost = trial.device == backend.devices[0]
    others = [*backend.devices, *(["meta"] if "meta" not in backend.lacks else [])] if outermost else [trial.device]
    for place in others:
        with trial.case(place, call=f"torch.set_default_device({place!r})") as case:
            try:
                torch.set_default_device(place)
                lies_on(case, torch.ones(2), place, "device of a factory")
                case.equal("get_default_device", torch.get_default_device(), torch.device(place))
                lies_on(case, torch.ones(2, device="cpu"), "cpu", "device asked for")
            finally:
                torch.set_default_device(None)
            lies_on(case, torch.ones(2), trial.device, "device after the reset")


@pytest.mark.clause("device.pin.refused")
def test_pin(trial: Trial) -> None:
    """Either answer, and no third."""
    with trial.case("x.pin_memory()", call="x.pin_memory()", inputs="x: float32 (2,) on cpu") as case:
        x = made(trial, [1.0, 2.0], "cpu")
        case.same(x, floats([1, 2]), "x")
        pin = x.pin_memory
        try:
            got = pin()
        except RuntimeError:
            case.holds("pinned or refused", True, "RuntimeError", "RuntimeError")
        else:
            case.equal("is_pinned", got.is_pinned(), True)
            case.same(got, floats([1, 2]))


@pytest.mark.clause("device.gradient.move")
def test_gradient_of_a_move(trial: Trial, pair: Pair) -> None:
    """The gradient has the device and the dtype of the leaf, also when the move changes the dtype."""
    travel.leaf_moves(trial, pair)


@pytest.mark.clause("device.gradient.leaf")
def test_moved_leaf(trial: Trial, pair: Pair) -> None:
    """Move first, then ask for the gradient."""
    travel.moved_leaf(trial, pair)


@pytest.mark.clause("device.gradient.chain")
def test_gradient_of_a_chain(trial: Trial, pair: Pair) -> None:
    """There and back twice, with an operation at every stop, and the leaf used on both devices."""
    travel.round_trip(trial, pair)


@pytest.mark.clause("device.gradient.copy")
def test_gradient_of_a_copy(trial: Trial, pair: Pair) -> None:
    """The source is a leaf on the second device, the target a buffer on the first."""
    travel.copied_source(trial, pair)


@pytest.mark.clause("device.module.move")
def test_module(trial: Trial, pair: Pair) -> None:
    """A layer with a gradient, a floating buffer and an integer buffer."""
    travel.module_moves(trial, pair)


@pytest.mark.clause("device.module.both")
def test_module_converts(trial: Trial, pair: Pair) -> None:
    """Device and dtype at once; integers keep their dtype and move."""
    travel.module_moves_and_converts(trial, pair)


@pytest.mark.clause("device.optimizer.moved")
def test_optimizer(trial: Trial, pair: Pair) -> None:
    """A step after the move changes the module."""
    travel.optimizer_follows(trial, pair)


@pytest.mark.clause("device.optimizer.state")
def test_optimizer_state(trial: Trial, pair: Pair) -> None:
    """The momentum of one step before the move."""
    travel.state_stays(trial, pair)


@pytest.mark.clause("device.split.batch")
def test_split_batch(trial: Trial, pair: Pair) -> None:
    """Half of the rows on each device; the losses are added on the first."""
    travel.split_batch(trial, pair)


@pytest.mark.clause("device.split.layers")
def test_split_layers(trial: Trial, pair: Pair) -> None:
    """The hidden values move, the weights stay."""
    travel.split_layers(trial, pair)


@pytest.mark.clause("device.split.columns")
def test_split_columns(trial: Trial, pair: Pair) -> None:
    """One column stays, two go to the second device, and the results are joined on the first."""
    travel.split_columns(trial, pair)
