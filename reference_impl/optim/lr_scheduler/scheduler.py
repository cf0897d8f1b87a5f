"""What all schedulers have in common: they count epochs and write the learning rate of each group."""

from __future__ import annotations

import functools
import warnings
import weakref
from typing import Any

from ...tensor import Tensor
from ..optimizer import Optimizer

ADVICE = "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
OLD_EPOCH = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available. Please open an issue if you are unable to "
    "replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose."
)


def copied(value: Any) -> Any:
    """A number itself; of a tensor a copy, so that what is written into it later does not show."""
    return value.clone() if isinstance(value, Tensor) else value


def options(optimizer: Optimizer, key: str) -> list[Any]:
    """The option of each group."""
    return [copied(group[key]) for group in optimizer.param_groups]


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value for each group. ValueError for a list of another length."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [copied(value) for _ in range(groups)]
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups "
            f"has {groups}."
        )
    return [copied(each) for each in value]


def assign(group: dict[str, Any], key: str, value: Any) -> None:
    """Sets an option of a group; a tensor is overwritten, and stays the same object."""
    kept = group[key]
    if isinstance(kept, Tensor):
        kept.fill_(value.reshape(()) if isinstance(value, Tensor) else value)
    else:
        group[key] = value


def need_optimizer(optimizer: Any) -> None:
    """TypeError for anything else."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def _watch(optimizer: Any) -> None:
    """Lets the optimizer remember that its `step` was called."""
    step = optimizer.step
    if hasattr(step, "_wrapped_by_lr_sched"):
        return
    function, owner = step.__func__, weakref.ref(optimizer)

    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        found: Any = owner()
        found._opt_called = True
        return function(found, *args, **kwargs)

    watched._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = watched


class LRScheduler:
    """The parent of all schedulers. A child calls `super().__init__(optimizer, last_epoch)` when its own attributes are
    set, and defines `get_lr`, which gives the rate of each group at `self.last_epoch`."""

    optimizer: Any
    base_lrs: list[Any]
    last_epoch: int
    _step_count: int
    _last_lr: list[Any]
    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Any, last_epoch: int = -1) -> None:
        """Remembers the rate of each group as `initial_lr`, and takes the step to the first epoch. TypeError for what
        is no optimizer, KeyError where a later `last_epoch` finds no `initial_lr`."""
        need_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with last_epoch "
                    ">= 0.\nThis typically happens when:\n1. You're trying to resume training from a checkpoint but "
                    "haven't properly loaded the optimizer state\n2. You're using last_epoch >= 0 for a fresh training "
                    "run (not recommended)"
                )
        self.base_lrs = options(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _watch(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Every attribute but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over attributes; the rates of the optimizer are left as they are."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The rate of each group since the last step."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The rate of each group at `last_epoch`."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Goes to the next epoch and writes its rates. UserWarning where the optimizer has not stepped yet, and for an
        epoch, which is deprecated."""
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(OLD_EPOCH, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _check_order(self) -> None:
        if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
                f"Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. "
                f"See more details at {ADVICE}",
                UserWarning,
                stacklevel=3,
            )
        elif not getattr(self.optimizer, "_opt_called", False):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you "
                "should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to "
                f"do this will result in PyTorch skipping the first value of the learning rate schedule. See more "
                f"details at {ADVICE}",
                UserWarning,
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            closed = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
            rates = closed() if closed else self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        self._write(rates)

    def _write(self, rates: list[Any]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            assign(group, "lr", rate)
        self._last_lr = options(self.optimizer, "lr")

    def _rates(self) -> list[Any]:
        """The rates as they are, where a step leaves them."""
        return options(self.optimizer, "lr")

    def _times(self, factor: float) -> list[Any]:
        """The rates times a factor."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _warn_outside(self) -> None:
        """UserWarning where `get_lr` is called by anything but `step`."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )


class _LRScheduler(LRScheduler):
    """The name of the parent before PyTorch 2.0, which older programs still inherit from."""
