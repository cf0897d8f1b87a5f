"""Rates that rise and fall again, and momenta that fall and rise: over and over, or once.

L. N. Smith, Cyclical learning rates for training neural networks, WACV 2017; L. N. Smith and N. Topin,
Super-convergence, arXiv:1708.07120.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .factor import attributes
from .scheduler import LRScheduler, assign, need_optimizer, per_group

Number = float | list[float]


class _Momentum(LRScheduler):
    """Cycles the momentum too: `momentum`, or the first of `betas`."""

    cycle_momentum: bool
    use_beta1: bool

    def _prepare(self, base: Number, greatest: Number, fresh: bool) -> tuple[list[Any], list[Any]]:
        """The least and greatest momentum of each group. ValueError for an optimizer without momentum."""
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        self.use_beta1 = "betas" in defaults
        bases, tops = (per_group(f"{n}_momentum", self.optimizer, v) for n, v in (("base", base), ("max", greatest)))
        if fresh:
            for group, low, high in zip(self.optimizer.param_groups, bases, tops, strict=True):
                self._set_momentum(group, high)
                group["max_momentum"], group["base_momentum"] = high, low
        return bases, tops

    def _set_momentum(self, group: dict[str, Any], value: Any) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value


class CyclicLR(_Momentum):
    """The rate rises from `base_lr` to `max_lr` in `step_size_up` steps, falls in `step_size_down`, and so on. Mode
    `triangular2` halves the height from cycle to cycle, `exp_range` shrinks it by `gamma` a step."""

    def __init__(
        self,
        optimizer: Any,
        base_lr: Number,
        max_lr: Number,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Number = 0.8,
        max_momentum: Number = 0.9,
        last_epoch: int = -1,
    ) -> None:
        """TypeError for what is no optimizer; ValueError for an unknown mode, for lists of another length than the
        groups, and for an optimizer without momentum."""
        need_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = per_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for rate, group in zip(base_lrs, optimizer.param_groups, strict=True):
                assign(group, "lr", rate)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        self.total_size = float(step_size_up + (step_size_up if step_size_down is None else step_size_down))
        self.step_ratio = step_size_up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        by_step = mode == "exp_range" and scale_fn is None
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if by_step else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = self._prepare(base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> Any:
        """The height of a cycle, or at a step, over that of the first."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "exp_range":
            return self.gamma**x
        return 1 / (2.0 ** (x - 1)) if self.mode == "triangular2" else 1.0

    def get_lr(self) -> list[Any]:
        """The rates at this step; the momenta are written too."""
        self._warn_outside()
        position = 1.0 + self.last_epoch / self.total_size
        cycle = math.floor(position)
        part = position - cycle
        rising = part <= self.step_ratio
        height = part / self.step_ratio if rising else (part - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            groups = self.optimizer.param_groups
            for group, low, high in zip(groups, self.base_momentums, self.max_momentums, strict=True):
                self._set_momentum(group, high - (high - low) * height * scale)
        return [low + (high - low) * height * scale for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Every attribute but the optimizer; of a callable object that scales its attributes, None for a function."""
        state = super().state_dict()
        function = self._scale_fn_custom
        state["_scale_fn_custom"] = None if function is None else attributes(function)
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over attributes; a function that scales stays."""
        given = state_dict.get("_scale_fn_custom")
        self.__dict__.update({key: value for key, value in state_dict.items() if key != "_scale_fn_custom"})
        if given is not None and self._scale_fn_custom is not None:
            self._scale_fn_custom.__dict__.update(given)


def _phase(end: float, lr: tuple[str, str], momentum: tuple[str, str]) -> dict[str, Any]:
    (start_lr, end_lr), (start, stop) = lr, momentum
    return {
        "end_step": end,
        "start_lr": start_lr,
        "end_lr": end_lr,
        "start_momentum": start,
        "end_momentum": stop,
    }


def _phases(total: int, part: float, three: bool) -> list[dict[str, Any]]:
    """Where each phase ends, and between which options of a group it goes."""
    low, high, last = "initial_lr", "max_lr", "min_lr"
    slow, fast = "base_momentum", "max_momentum"
    up = _phase(float(part * total) - 1, (low, high), (fast, slow))
    if not three:
        return [up, _phase(total - 1, (high, last), (slow, fast))]
    down = _phase(float(2 * part * total) - 2, (high, low), (slow, fast))
    return [up, down, _phase(total - 1, (low, last), (fast, fast))]


def _count(name: str, value: Any) -> int:
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"Expected positive integer {name}, but got {value}")
    return value


def _steps(total: int | None, epochs: int | None, each: int | None) -> int:
    if total is not None:
        return _count("total_steps", total)
    if epochs is None or each is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    return _count("epochs", epochs) * _count("steps_per_epoch", each)


class OneCycleLR(_Momentum):
    """The rate rises from `max_lr / div_factor` to `max_lr` in the part `pct_start` of all steps, and falls to the
    first rate over `final_div_factor` at the last; the momentum goes the other way."""

    def __init__(
        self,
        optimizer: Any,
        max_lr: Number,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Number = 0.85,
        max_momentum: Number = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        """TypeError for what is no optimizer; ValueError for a number of steps that is not given, or no positive
        integer, for a part outside of 0 to 1, an unknown strategy, lists of another length than the groups, and an
        optimizer without momentum."""
        need_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = _steps(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_func_type = anneal_strategy
        tops = per_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, tops, strict=True):
                group["initial_lr"], group["max_lr"] = top / div_factor, top
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._prepare(base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    def _between(self, start: Any, end: Any, part: float) -> Any:
        if self._anneal_func_type == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)

    def get_lr(self) -> list[Any]:
        """The rates at this step; the momenta are written too. ValueError for a step beyond the last."""
        self._warn_outside()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(f"Tried to step {step} times. The specified number of total steps is {self.total_steps}")
        begin = 0.0
        for phase in self._schedule_phases:
            if step <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            begin = phase["end_step"]
        part = (step - begin) / (phase["end_step"] - begin)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                start, end = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, self._between(start, end, part))
        return [self._between(group[phase["start_lr"]], group[phase["end_lr"]], part) for group in groups]
