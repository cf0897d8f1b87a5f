"""The fallback of the simulated device: every operator runs its CPU kernel over the simulated memory."""

from __future__ import annotations

from typing import Any

import torch

from conformance.backends.torch_sim.generator import default_generator
from conformance.backends.torch_sim.memory import run_layout
from conformance.backends.torch_sim.placement import device_of_call, tensors_of
from conformance.backends.torch_sim.stand_ins import StandIns

_core: Any = torch._C
_WIDEST = {bool: torch.bool, int: torch.int64, float: torch.float64, complex: torch.complex128}


def fallback(operator: Any, *args: Any, **kwargs: Any) -> Any:
    """Run the CPU kernel of an operator and label what it returns; refuse tensors of different devices."""
    schema = operator._schema
    if any(result.alias_info and not result.alias_info.is_write for result in schema.returns):
        return run_layout(operator, *args, **kwargs)  # a view
    arguments = {argument.name: argument for argument in schema.arguments}
    named = dict(zip(arguments, args, strict=False)) | kwargs
    device = device_of_call(schema, arguments, named)
    if "generator" in arguments and named.get("generator") is None and device.type == "sim":
        named["generator"] = default_generator(device.index)
    how = {
        "numbers": _core._should_allow_numbers_as_tensors(schema.name.removeprefix("aten::")),
        "written": schema.is_mutable,
    }
    try:
        return _run(operator, len(args), arguments, named, device, beside=False, **how)
    except RuntimeError as error:
        if "resize storage that is not resizable" not in str(error):
            raise
    return _run(operator, len(args), arguments, named, device, beside=True, **how)


def _run(
    operator: Any, positional: int, arguments: dict[str, Any], named: dict[str, Any], device: torch.device, **how: bool
) -> Any:
    """Run an operator on the host; its first arguments are positional."""
    stand_ins = StandIns(tensors_of(list(named.values())) if how["written"] else (), beside=how["beside"])
    given = {name: stand_ins.replace(value, arguments[name].is_out) for name, value in named.items()}
    if not how["numbers"]:
        given = {name: _as_tensor(value, arguments[name]) for name, value in given.items()}
    names = list(given)
    result = operator(
        *(given[name] for name in names[:positional]), **{name: given[name] for name in names[positional:]}
    )
    stand_ins.store_outputs()
    return stand_ins.restore(result, device)


def _as_tensor(value: Any, argument: Any) -> Any:
    """Turn a number that stands for a tensor, as Python kernels receive it, into a tensor of its widest dtype."""
    if type(value) in _WIDEST and isinstance(argument.type, _core.TensorType):
        return torch.tensor(value, dtype=_WIDEST[type(value)])
    return value
