"""A layer and the batch normalisation behind it as one layer, for evaluation."""

from __future__ import annotations

import copy
from typing import Any

from ...fill import ones_like, zeros_like
from ...tensor import Tensor
from ..parameter import Parameter

Pair = tuple[Parameter, Parameter]


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution (its adjoint with `transpose`) that gives what the normalisation made of the other's results.
    AssertionError in training."""
    _check(conv, bn)
    fused = copy.deepcopy(conv)
    statistics = bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    fused.weight, fused.bias = fuse_conv_bn_weights(fused.weight, fused.bias, *statistics, transpose)
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> Pair:
    """The weight and the bias of such a convolution: `w * s` and `(b - mean) * s + shift`, where `s` is the scale over
    the root of the variance plus `eps`."""
    scale = (ones_like(bn_rm) if bn_w is None else bn_w) * (bn_rv + bn_eps).rsqrt()
    shape = [1] * conv_w.ndim
    shape[1 if transpose else 0] = -1
    weight = (conv_w * scale.reshape(shape)).to(dtype=conv_w.dtype)
    return _parameters(conv_w, weight, conv_b, scale, bn_rm, bn_b)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """The same of a linear layer. AssertionError in training, and for another number of features."""
    _check(linear, bn)
    if bn.num_features not in (1, linear.out_features):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    fused = copy.deepcopy(linear)
    statistics = bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    fused.weight, fused.bias = fuse_linear_bn_weights(fused.weight, fused.bias, *statistics)
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> Pair:
    """The weight and the bias of such a linear layer."""
    scale = bn_w * (bn_rv + bn_eps).rsqrt()
    weight = linear_w * scale.unsqueeze(-1).to(dtype=linear_w.dtype)
    return _parameters(linear_w, weight, linear_b, scale, bn_rm, bn_b)


def _check(layer: Any, bn: Any) -> None:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")


def _parameters(
    own: Tensor, weight: Tensor, bias: Tensor | None, scale: Tensor, mean: Tensor, shift: Tensor | None
) -> Pair:
    """The new weight, and a bias for it."""
    before = zeros_like(mean) if bias is None else bias
    after = (before - mean) * scale + (zeros_like(mean) if shift is None else shift)
    after = after.to(dtype=own.dtype if bias is None else bias.dtype)
    return Parameter(weight.detach(), own.requires_grad), Parameter(after.detach(), before.requires_grad)
