"""The namespace `torch.linalg`: products, solving and factoring, spectra, norms."""

# ruff: noqa: F401 -- this module is the namespace: all it does is to re-export

from __future__ import annotations

from ..norm import vector_norm
from .chain import multi_dot
from .cholesky import cholesky, cholesky_ex
from .determinant import det, slogdet
from .exponential import linalg_matrix_exp as matrix_exp
from .ldl import ldl_factor, ldl_factor_ex, ldl_solve
from .least import lstsq
from .lu import lu, lu_factor, lu_factor_ex, lu_solve
from .matrices import LinAlgError
from .norms import cond, matrix_norm, norm
from .power import matrix_power, vander
from .product import matmul
from .qr import householder_product, qr
from .rank import matrix_rank, pinv
from .singular import svd, svdvals
from .solve import inv, inv_ex, solve, solve_ex, solve_triangular, tensorinv, tensorsolve
from .spectra import eig, eigh, eigvals, eigvalsh
from .vectors import cross, diagonal, vecdot
