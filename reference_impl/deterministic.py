"""The namespace `torch.utils.deterministic`, and the switch for deterministic algorithms.

Every algorithm here is deterministic. Under the switch, those refuse that torch has no deterministic form of, and
memory that nothing was written to is filled.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

_MODES = ("default", "warn", "error")


class _Switch:
    """0 is off, 1 warns, 2 raises."""

    __slots__ = ("mode",)

    def __init__(self) -> None:
        self.mode = 0


_SWITCH = _Switch()
fill_uninitialized_memory = True


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Turns the switch on or off; with `warn_only`, what is not deterministic warns instead of raising. TypeError for
    what is no bool."""
    for position, (name, value) in enumerate((("mode", mode), ("warn_only", warn_only)), 1):
        if not isinstance(value, bool):
            raise TypeError(
                f"_set_deterministic_algorithms(): argument '{name}' (position {position}) must be bool, not "
                f"{type(value).__name__}"
            )
    _SWITCH.mode = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    """Whether the switch is on."""
    return _SWITCH.mode > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether the switch is on and warns."""
    return _SWITCH.mode == 1


def get_deterministic_debug_mode() -> int:
    """0 where the switch is off, 1 where it warns, 2 where it raises."""
    return _SWITCH.mode


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Sets the switch by number or by word. TypeError for another type, RuntimeError for another value."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _MODES:
            raise RuntimeError(
                "invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got " + debug_mode
            )
        debug_mode = _MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    _SWITCH.mode = debug_mode


def alert(name: str) -> None:
    """RuntimeError, or a warning, where the switch is on: the operation has no deterministic form in torch."""
    if not _SWITCH.mode:
        return
    switch = "torch.use_deterministic_algorithms(True)"
    if _SWITCH.mode == 2:
        raise RuntimeError(
            f"{name} does not have a deterministic implementation, but you set '{switch}'. You can turn off "
            "determinism just for this operation, or you can use the 'warn_only=True' option, if that's acceptable "
            "for your application."
        )
    warnings.warn(
        f"{name} does not have a deterministic implementation, but you set '{switch[:-1]}, warn_only=True)'.",
        UserWarning,
        stacklevel=5,
    )


def unwritten(array: np.ndarray[Any, Any]) -> None:
    """Fills memory that nothing was written to, where the switch is on: with NaN, the largest integer, True."""
    if _SWITCH.mode and fill_uninitialized_memory and array.size:
        kind = array.dtype.kind
        array.fill(np.iinfo(array.dtype).max if kind in "iu" else kind == "b" or np.nan)
