"""What all distributions share: shapes, checks of parameters and values, drawing without a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd import no_grad
from ..create import tensor
from ..shape import broadcast_tensors
from ..tensor import Size, Tensor

Check = Callable[[Tensor], Tensor]


def together(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the dtype of the first tensor."""
    first = next((value for value in values if isinstance(value, Tensor)), None)
    dtype = None if first is None else first._dtype
    tensors = [value if isinstance(value, Tensor) else tensor(float(value), dtype=dtype) for value in values]
    return broadcast_tensors(*tensors)


class Distribution:
    """A distribution over events, independent ones in the shape of its parameters."""

    has_rsample = False
    support: tuple[str, Check]
    """The name of the constraint that values satisfy, and which elements do."""

    def __init__(self, shape: Any, **parameters: tuple[Tensor, str, Check]) -> None:
        """`parameters` are tensors with the name of their constraint and which elements satisfy it. ValueError where
        one does not."""
        self.batch_shape, self.event_shape = Size(shape), Size(())
        self._shown = {name: given for name, (given, _, _) in parameters.items()}
        for name, (given, constraint, check) in parameters.items():
            if not bool(check(given).all()):
                raise ValueError(
                    f"Expected parameter {name} (Tensor of shape {tuple(given.shape)}) of distribution {self!r} to "
                    f"satisfy the constraint {constraint}, but found invalid values:\n{given}"
                )

    def __repr__(self) -> str:
        parts = (f"{name}: {t.item() if t.numel() == 1 else t.shape}" for name, t in self._shown.items())
        return f"{type(self).__name__}({', '.join(parts)})"

    def check(self, value: Any) -> Tensor:
        """The value. ValueError for what is no tensor, and for what the distribution cannot give."""
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        constraint, inside = self.support
        if not bool(inside(value).all()):
            raise ValueError(
                f"Expected value argument (Tensor of shape {tuple(value.shape)}) to be within the support "
                f"({constraint}) of the distribution {self!r}, but found invalid values:\n{value}"
            )
        return value

    def extended(self, sample_shape: Any) -> Size:
        """The shape of a sample: what was asked for before the shape of the parameters."""
        return Size((*sample_shape, *self.batch_shape))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draws, without a graph."""
        with no_grad():
            return self.drawn(sample_shape)

    def drawn(self, sample_shape: Any) -> Tensor:
        """What `sample` draws."""
        return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Draws, differentiable in the parameters. NotImplementedError for discrete distributions."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        variance: Any = self.variance
        result: Tensor = variance.sqrt()
        return result

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise NotImplementedError
