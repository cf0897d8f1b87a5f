"""Layers that normalise over a batch, and remember what they saw."""

from __future__ import annotations

from typing import Any

from ...create import tensor
from ...dtype import int64
from ...fill import empty, ones, zeros
from ...gradmode import no_grad
from ...tensor import Tensor
from .. import functional, init
from ..module import Module
from ..parameter import Parameter


def affine_parameters(module: Module, shape: Any, weight: bool, bias: bool, device: Any, dtype: Any) -> None:
    """Registers a weight and a bias of a shape, or None in their places."""
    for name, wanted in (("weight", weight), ("bias", bias)):
        made = Parameter(empty(shape, device=device, dtype=dtype)) if wanted else None
        module.register_parameter(name, made)


def reset_affine(weight: Tensor | None, bias: Tensor | None) -> None:
    """Ones for the weight, zeros for the bias."""
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


def check_dims(input: Tensor, *allowed: int) -> None:
    """ValueError for another number of dimensions."""
    if input.ndim not in allowed:
        wanted = " or ".join([f"{n}D" for n in allowed])
        raise ValueError(f"expected {wanted} input (got {input.ndim}D input)")


class _NormBase(Module):
    """Weight, bias and running statistics of channels."""

    _version = 2
    weight: Tensor | None
    bias: Tensor | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        affine_parameters(self, num_features, affine, affine and bias, device, dtype)
        tracked = track_running_stats
        mean = zeros(num_features, device=device, dtype=dtype) if tracked else None
        variance = ones(num_features, device=device, dtype=dtype) if tracked else None
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", variance)
        self.register_buffer("num_batches_tracked", tensor(0, dtype=int64, device=device) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Zero for the mean, one for the variance, no batches."""
        if self.track_running_stats:
            for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
                buffer.fill_(value)  # type: ignore[union-attr]

    def reset_parameters(self) -> None:
        self.reset_running_stats()
        if self.affine:
            reset_affine(self.weight, self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        raise NotImplementedError

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: Any, *rest: Any) -> None:
        """A state of the first version knows nothing of the number of batches."""
        version, name = local_metadata.get("version", None), f"{prefix}num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and name not in state_dict:
            own = self.num_batches_tracked
            state_dict[name] = own if own is not None and not own.is_meta else tensor(0, dtype=int64)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


class _BatchNorm(_NormBase):
    """Each channel normalised over the batch in training, by the running statistics otherwise, or where there are none
    by the batch as well."""

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        mean, variance, factor = self.running_mean, self.running_var, self.momentum or 0.0
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                factor = 1.0 / float(self.num_batches_tracked)
        by_batch = self.training or (mean is None and variance is None)
        if self.training and not self.track_running_stats:
            mean = variance = None
        return functional.batch_norm(input, mean, variance, self.weight, self.bias, by_batch, factor, self.eps)


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of `(batch, channels)` or `(batch, channels, size)` (Ioffe and Szegedy 2015,
    arXiv:1502.03167).

    Parameters `weight` (ones) and `bias` (zeros), buffers `running_mean`, `running_var` and `num_batches_tracked`.
    With the momentum None the running statistics are the means of all batches. ValueError for other dimensions.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        check_dims(input, 2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of images `(batch, channels, height, width)`; see `BatchNorm1d`."""

    def _check_input_dim(self, input: Tensor) -> None:
        check_dims(input, 4)


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of volumes `(batch, channels, depth, height, width)`; see `BatchNorm1d`."""

    def _check_input_dim(self, input: Tensor) -> None:
        check_dims(input, 5)


class SyncBatchNorm(_BatchNorm):
    """Batch normalisation over the processes of a group; there is one process here, so that it is the same as the
    others. ValueError for fewer than two dimensions."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"expected at least 2D input (got {input.ndim}D input)")
        if input.shape[1] == 0:
            raise ValueError("SyncBatchNorm number of input channels should be non-zero")

    @classmethod
    def convert_sync_batchnorm(cls, module: Any, process_group: Any = None) -> Any:
        """The module with every batch normalisation in it replaced, its parameters and buffers kept."""
        result = module
        if isinstance(module, _BatchNorm):
            sizes = module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats
            result = SyncBatchNorm(*sizes, process_group, bias=module.bias is not None)
            with no_grad():
                for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                    setattr(result, name, getattr(module, name))
            result.training = module.training
        for name, child in module.named_children():
            result.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return result
