"""Parametrizations that keep a weight orthogonal, its largest singular value one, or its norm apart from its
direction."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from ...compare import allclose
from ...fill import eye, zeros_like
from ...gradmode import no_grad
from ...join import cat
from ...linalg.exponential import matrix_exp
from ...linalg.product import mv, vdot
from ...linalg.qr import geqrf, householder_product
from ...linalg.solve import solve
from ...sampling import randn
from ...tensor import Tensor
from ...typeinfo import finfo
from .. import functional
from ..module import Module
from ..modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from . import parametrize
from .direction import directed, norm_except_dim

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


class _OrthMaps(Enum):
    matrix_exp = auto()
    cayley = auto()
    householder = auto()


class _Orthogonal(Module):
    """A matrix with orthonormal columns (rows, if it is wide) from a skew-symmetric one, or from reflectors."""

    base: Tensor

    def __init__(self, weight: Tensor, orthogonal_map: _OrthMaps, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map is _OrthMaps.householder:
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        wide = x.size(-2) < x.size(-1)
        q = self._mapped(x.mT if wide else x)
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if wide else q

    def _mapped(self, x: Any) -> Any:
        n, k = x.size(-2), x.size(-1)
        if self.orthogonal_map is _OrthMaps.householder:
            a = x.tril(diagonal=-1)
            q: Any = householder_product(a, 2.0 / (1.0 + (a * a).sum(dim=-2)))
            return q * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        x = x.tril()
        if n != k:
            x = cat([x, x.new_zeros(n, n - k).expand(*x.shape[:-2], -1, -1)], dim=-1)
        a = x - x.mH
        if self.orthogonal_map is _OrthMaps.matrix_exp:
            return matrix_exp(a)[..., :k]
        one = eye(n, dtype=a.dtype, device=a.device)
        return solve(one - a * 0.5, one + a * 0.5)[..., :k]

    def right_inverse(self, q: Any) -> Any:
        """Where to start. ValueError for another shape, NotImplementedError where a map has no inverse."""
        if q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {q.shape}."
            )
        wide = q.size(-2) < q.size(-1)
        tall = q.mT if wide else q
        with no_grad():
            if hasattr(self, "base"):
                self.base = _completed(tall)
                start = zeros_like(q)
                start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
                return start
            if self.orthogonal_map is not _OrthMaps.householder:
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            a: Any
            a, tau = geqrf(tall)
            signs = a.diagonal(dim1=-2, dim2=-1).sign()
            a.diagonal(dim1=-2, dim2=-1).copy_(signs.where(tau != 0, -signs))
            return a.mT if wide else a


def _completed(q: Any) -> Any:
    """A square orthogonal matrix whose first columns span those of a tall one."""
    n, k = q.size(-2), q.size(-1)
    if n == k:
        return q.clone() if _is_orthogonal(q) else _make_orthogonal(q)
    return _make_orthogonal(cat([q, randn(*q.shape[:-2], n, n - k, dtype=q.dtype, device=q.device)], dim=-1))


def _is_orthogonal(q: Any) -> bool:
    one = eye(q.size(-1), dtype=q.dtype, device=q.device)
    return allclose(q.mH @ q, one, atol=10.0 * q.size(-2) * finfo(q.dtype).eps)


def _make_orthogonal(a: Any) -> Any:
    x: Any
    x, tau = geqrf(a)
    q: Any = householder_product(x, tau)
    return q * x.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def _tensor(module: Any, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


def orthogonal(
    module: Any, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Any:
    """Keeps a matrix, or each of a batch, orthogonal (Lezcano-Casado and Martinez-Rubio 2019, arXiv:1901.08428).

    ValueError for fewer than two dimensions, and for a map other than "matrix_exp", "cayley" and "householder".
    """
    weight = _tensor(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1) or weight.is_complex()
        orthogonal_map = "matrix_exp" if square else "householder"
    chosen = getattr(_OrthMaps, orthogonal_map, None)
    if chosen is None:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    made = _Orthogonal(weight, chosen, use_trivialization=use_trivialization)
    parametrize.register_parametrization(module, name, made, unsafe=True)
    return module


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return directed(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The norms, and the weight itself."""
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Learns the norm of a weight (`original0`) apart from its direction (`original1`): `w = g * v / |v|` for each
    slice of a dimension, or with None for the whole (Salimans and Kingma 2016, arXiv:1602.07868)."""
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def renamed(state_dict: Any, prefix: str, *rest: Any) -> None:
        old = f"{prefix}{name}_g", f"{prefix}{name}_v"
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(renamed)
    return module


class _SpectralNorm(Module):
    """A weight over its largest singular value, which one step of the power method per call in training follows."""

    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        n = weight.ndim
        if not -n <= dim < n:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{n}, {n - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % n
        self.eps = eps
        if n > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._matrix(weight)
            for vector, size in zip(("_u", "_v"), matrix.size(), strict=True):
                drawn = matrix.new_empty(size).normal_(0, 1)
                self.register_buffer(vector, functional.normalize(drawn, dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Any) -> Any:
        return weight.movedim(self.dim, 0).flatten(1)

    def _iterate(self, matrix: Any, count: int) -> None:
        with no_grad():
            for _ in range(count):
                functional.normalize(mv(matrix, self._v), dim=0, eps=self.eps, out=self._u)
                functional.normalize(mv(matrix.H, self._u), dim=0, eps=self.eps, out=self._v)

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return functional.normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()
        return weight / vdot(u, mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself: its scale is lost."""
        return value


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Any:
    """Divides a weight by its largest singular value (Miyato and others 2018, arXiv:1802.05957). The weight counts as
    a matrix whose rows are the slices of `dim`."""
    weight = _tensor(module, name)
    if dim is None:
        dim = 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0
    parametrize.register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
    return module
