"""The softmax of very many classes, in clusters of rare ones.

E. Grave, A. Joulin, M. Cissé, D. Grangier, H. Jégou, Efficient softmax approximation for GPUs, ICML 2017.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ...join import cat
from ...softmax import log_softmax
from ...tensor import Tensor
from ..module import Module
from .container import ModuleList, Sequential
from .linear import Linear


class _ASMoutput(NamedTuple):  # torch's name
    """The logarithms of the targets' probabilities, and minus their mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """The first classes up to the first cutoff have outputs of their own in `head`, and so has each cluster up to the
    next cutoff; in a cluster, `tail` tells the classes apart, by way of `in_features / div_value ** i` features."""

    head: Linear
    tail: ModuleList

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """ValueError for cutoffs that do not rise from 1 to below the number of classes."""
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        rising = all(a < b for a, b in itertools.pairwise([0, *cutoffs, n_classes]))
        if not rising or any(int(c) != c for c in cutoffs):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                "value is between 1 and n_classes-1"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        place = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **place)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(itertools.pairwise(self.cutoffs)):
            size = int(in_features // div_value ** (i + 1))
            narrow = Linear(in_features, size, bias=False, **place)
            self.tail.append(Sequential(narrow, Linear(size, high - low, bias=False, **place)))

    def reset_parameters(self) -> None:
        """Draws all weights anew."""
        self.head.reset_parameters()
        for narrow, wide in self.tail:
            narrow.reset_parameters()
            wide.reset_parameters()

    def _clusters(self) -> Iterator[tuple[int, int, int, Module]]:
        """Number, bounds and layers of each cluster."""
        for i, (low, high) in enumerate(itertools.pairwise(self.cutoffs)):
            yield i, low, high, self.tail[i]

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        """The logarithm of each target's probability, `(N)` for inputs `(N, in_features)` or `()` for `(in_features)`,
        and minus their mean. RuntimeError for sizes that do not match and for targets out of range."""
        self._check(input_, target_)
        single = target_.ndim == 0
        input = input_.unsqueeze(0) if single else input_
        target = target_.unsqueeze(0) if single else target_
        output = input.new_zeros(target.shape[0])
        chosen = target
        for i, low, high, layers in self._clusters():
            rows = ((target >= low) & (target < high)).nonzero().reshape(-1)
            if not rows.numel():
                continue
            within = log_softmax(layers(input.index_select(0, rows)), 1)
            label = (target.index_select(0, rows) - low).unsqueeze(1)
            output = output.index_add(0, rows, within.gather(1, label).squeeze(1))
            chosen = chosen.index_fill(0, rows, self.shortlist_size + i)
        output = output + log_softmax(self.head(input), 1).gather(1, chosen.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output.squeeze(0) if single else output, loss)

    def _check(self, input: Tensor, target: Tensor) -> None:
        if target.ndim > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if target.ndim == 1 and input.shape[0] != target.shape[0]:
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if input.ndim != target.ndim + 1:
            raise RuntimeError(
                f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with size "
                f"{input.shape}"
            )
        if target.numel() and (int(target.min()) < 0 or int(target.max()) >= self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{target.min().item()}, "
                f"{target.max().item()}] were found. "
            )

    def _whole(self, input: Tensor, head: Tensor) -> Tensor:
        logs = log_softmax(head, 1)
        parts = [logs[:, : self.shortlist_size]]
        for i, _, _, layers in self._clusters():
            place = self.shortlist_size + i
            parts.append(log_softmax(layers(input), 1) + logs[:, place : place + 1])
        return cat(parts, 1)

    def log_prob(self, input: Tensor) -> Tensor:
        """The logarithms of the probabilities of all classes, `(N, n_classes)` for inputs `(N, in_features)`."""
        return self._whole(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class of each row; a cluster is looked into only where the head prefers it."""
        head = self.head(input)
        best: Tensor = head.argmax(1)
        rare = (best >= self.shortlist_size).nonzero().reshape(-1)
        if not rare.numel():
            return best
        logs = self._whole(input.index_select(0, rare), head.index_select(0, rare))
        return best.index_copy(0, rare, logs.argmax(1))  # type: ignore[no-any-return]
