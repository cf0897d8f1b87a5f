"""Means of weights over the course of training (Izmailov et al., "Averaging Weights Leads to Wider Optima and Better
Generalization", 2018; Polyak and Juditsky, 1992)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from ..create import tensor
from ..dtype import int64
from ..gradmode import no_grad
from ..nn.module import Module
from ..nn.modules.batchnorm import _BatchNorm
from ..tensor import Tensor
from .lr_scheduler.scheduler import LRScheduler, per_group

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Mean = Callable[[Tensor, Tensor, Any], Tensor]
Means = Callable[[list[Tensor], list[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Mean:
    """`decay * mean + (1 - decay) * current`. ValueError for a decay outside [0, 1]."""
    if decay < 0 or decay > 1:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")

    @no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Mean:
    """`mean + (current - mean) / (count + 1)`: all count alike."""

    @no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        found: Tensor = averaged_param + (current_param - averaged_param) / (num_averaged + 1)
        return found

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Means:
    """The same for lists of parameters, whose means are overwritten."""
    return _over_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Means:
    """The same for lists of parameters, whose means are overwritten."""
    return _over_lists(get_swa_avg_fn())


def _over_lists(mean: Mean) -> Means:
    @no_grad()
    def update(averaged: list[Tensor], current: list[Tensor], num_averaged: Any) -> None:
        for a, c in zip(averaged, current, strict=True):
            a.copy_(mean(a, c, num_averaged))

    return update


class AveragedModel(Module):
    """A copy of a module whose parameters are means of those that `update_parameters` has seen. Called, it calls the
    copy. Buffers are those of the last module, unless `use_buffers` averages them too."""

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Mean | None = None,
        multi_avg_fn: Means | None = None,
        use_buffers: bool = False,
    ) -> None:
        """AssertionError for two ways to average. `avg_fn` gives a new mean for each parameter, `multi_avg_fn`
        overwrites a list of them."""
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model) if device is None else deepcopy(model).to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the copy gives."""
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Takes the parameters of a module into the means; the first time they are copied."""
        own, given = self._averaged(self.module), self._averaged(model)
        pairs = [(mean.detach(), now.detach().to(mean.device)) for mean, now in zip(own, given, strict=False)]
        if self.n_averaged == 0:
            for mean, now in pairs:
                mean.copy_(now)
        else:
            self._update(pairs)
        if not self.use_buffers:
            for mean, now in zip(self.module.buffers(), model.buffers(), strict=True):
                mean.copy_(now.to(mean.device))
        self.n_averaged += 1

    def _averaged(self, module: Module) -> Iterable[Tensor]:
        return chain(module.parameters(), module.buffers()) if self.use_buffers else module.parameters()

    def _update(self, pairs: list[tuple[Tensor, Tensor]]) -> None:
        """One more model; lists are those of one device and dtype."""
        if self.avg_fn is not None:
            for mean, now in pairs:
                mean.copy_(self.avg_fn(mean, now, self.n_averaged.to(mean.device)))
            return
        update = self.multi_avg_fn or get_swa_multi_avg_fn()
        alike: dict[Any, list[tuple[Tensor, Tensor]]] = {}
        for mean, now in pairs:
            alike.setdefault((mean.device, mean.dtype), []).append((mean, now))
        for (place, _), some in alike.items():
            update([mean for mean, _ in some], [now for _, now in some], self.n_averaged.to(place))


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Makes the running statistics of batch normalizations those of the batches of a loader (of their first parts, if
    they are tuples or lists), each counting alike."""
    momenta: dict[Any, Any] = {}
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.reset_running_stats()
            momenta[module] = module.momentum
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.momentum = None
    for batch in loader:
        first = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(first if device is None else first.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Goes from the rate that it finds to `swa_lr` within some epochs, and stays there."""

    anneal_func: Callable[[float], float]

    def __init__(
        self,
        optimizer: Any,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        """ValueError for an unknown strategy, negative epochs, and a list of another length than the groups."""
        for rate, group in zip(per_group("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._set_anneal_func(anneal_strategy)
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _set_anneal_func(self, strategy: str) -> None:
        self._anneal_strategy = strategy
        self.anneal_func = _cosine if strategy == "cos" else _line

    def get_lr(self) -> list[Any]:
        """With `a` the part of the way before this step and `b` behind it: the rate that the way began with, of which
        `lr` is `(1 - a)` with `a` of `swa_lr`, mixed by `b`."""
        self._warn_outside()
        step = self._step_count - 1
        length = self.anneal_epochs
        if length == 0:
            step = max(1, step)
        before, behind = (self.anneal_func(max(0, min(1, n / max(1, length)))) for n in (step - 1, step))
        rates = []
        for group in self.optimizer.param_groups:
            lr, last = group["lr"], group["swa_lr"]
            first = last if before == 1 else (lr - before * last) / (1 - before)
            rates.append(last * behind + first * (1 - behind))
        return rates

    def state_dict(self) -> dict[str, Any]:
        """Every attribute but the optimizer and the function."""
        return {key: value for key, value in super().state_dict().items() if key != "anneal_func"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over attributes."""
        super().load_state_dict(state_dict)
        self._set_anneal_func(self._anneal_strategy)


def _line(t: float) -> float:
    return t


def _cosine(t: float) -> float:
    return (1 - math.cos(math.pi * t)) / 2
