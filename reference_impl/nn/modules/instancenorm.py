"""Layers that normalise each channel of each sample by itself."""

from __future__ import annotations

import warnings
from typing import Any

from ...tensor import Tensor
from .. import functional
from .batchnorm import _NormBase, check_dims


class _InstanceNorm(_NormBase):
    _dims: int

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _check_input_dim(self, input: Tensor) -> None:
        check_dims(input, self._dims + 1, self._dims + 2)

    def _check_channels(self, input: Tensor) -> None:
        dim = input.ndim - self._dims - 1
        found = input.shape[dim]
        if found == self.num_features:
            return
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: {found}."
            )
        warnings.warn(
            f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing in "
            "num_features, which is not used because affine=False",
            stacklevel=3,
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        self._check_channels(input)
        if input.ndim == self._dims + 1:
            return self._normalized(input.unsqueeze(0)).squeeze(0)
        return self._normalized(input)

    def _normalized(self, input: Tensor) -> Tensor:
        by_input = self.training or not self.track_running_stats
        running = self.running_mean, self.running_var
        return functional.instance_norm(
            input, *running, self.weight, self.bias, by_input, self.momentum or 0.0, self.eps
        )

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """States of the first version had running statistics unasked."""
        old = [f"{prefix}{name}" for name in ("running_mean", "running_var") if f"{prefix}{name}" in state_dict]
        if local_metadata.get("version", None) is None and not self.track_running_stats and old:
            names, kind = " and ".join([f'"{name}"' for name in old]), type(self).__name__
            error_msgs.append(
                f"Unexpected running stats buffer(s) {names} for {kind} with track_running_stats=False. If state_dict "
                f"is a checkpoint saved before 0.4.0, this may be expected because {kind} does not track running stats "
                "by default since 0.4.0. Please remove these keys from state_dict. If the running stats are actually "
                f"needed, instead set track_running_stats=True in {kind} to enable them. See the documentation of "
                f"{kind} for details."
            )
            for name in old:
                state_dict.pop(name)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class InstanceNorm1d(_InstanceNorm):
    """Instance normalisation of `(batch, channels, size)` or `(channels, size)` (Ulyanov and others 2016,
    arXiv:1607.08022), without weight, bias and running statistics unless asked for.

    ValueError for other dimensions, and for another number of channels where there is a weight, else UserWarning.
    """

    _dims = 1


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of images, with or without a batch; see `InstanceNorm1d`."""

    _dims = 2


class InstanceNorm3d(_InstanceNorm):
    """Instance normalisation of volumes, with or without a batch; see `InstanceNorm1d`."""

    _dims = 3
