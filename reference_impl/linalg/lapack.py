"""LAPACK on batches of matrices: arrays in, arrays out. Nothing here knows of tensors.

SciPy calls LAPACK for one matrix at a time; a batch is a loop, unless it holds many small matrices, through which NumPy
loops in C. Matrices without elements never reach LAPACK, which refuses them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from ..hollow import has_values, regular, rows
from ..storage import Array

SMALL = 16
BLOCK = 32
"""How many columns LAPACK treats at once where it is given the room."""

PREFIX = {"f": "s", "d": "d", "F": "c", "D": "z"}


def routine(name: str, array: Array) -> Callable[..., Any]:
    """The LAPACK routine for the array's dtype: `getrf` of float32 is `sgetrf`."""
    function: Callable[..., Any] = getattr(scipy.linalg.lapack, PREFIX[array.dtype.char] + name)
    return function


def flat(array: Array, core: int = 2) -> Array:
    """The batch as one leading dimension, before `core` dimensions of each element."""
    lead = array.shape[: array.ndim - core]
    return array.reshape(int(np.prod(lead, dtype=np.int64)), *array.shape[array.ndim - core :])


def many(array: Array) -> bool:
    """Whether a batch holds so many small matrices that calls cost more than NumPy's detour by double precision."""
    m, n = array.shape[-2:]
    return bool(array.size > 8 * m * n and max(m, n) <= SMALL)


def factored(array: Array) -> tuple[Array, Array, Array]:
    """`getrf`: L and U in one matrix, the rows exchanged at each step counted from 1, and the first zero of U's
    diagonal."""
    array = regular(array)
    *batch, m, n = array.shape
    lu, pivots = np.array(array, order="C"), np.zeros((*batch, min(m, n)), np.int32)
    info = np.zeros(batch, np.int32)
    if array.size:
        getrf, results, steps, infos = routine("getrf", array), flat(lu), flat(pivots, 1), info.reshape(-1)
        for i, matrix in enumerate(results):
            results[i], steps[i], infos[i] = getrf(matrix)
    pivots += 1
    return lu, pivots, info


def solved(a: Array, b: Array) -> tuple[Array, Array]:
    """`gesv`: the solution of `a x = b` for matrices b of the same batch, and the first zero of U's diagonal.

    Where there is such a zero the solution is NaN.
    """
    a = regular(a)
    x, info = np.array(b, order="C"), np.zeros(a.shape[:-2], np.int32)
    if many(a) and x.size:
        try:
            return np.linalg.solve(a, x), info
        except np.linalg.LinAlgError:
            pass  # the loop tells which matrix it was
    if a.size and info.size:
        gesv, results, infos = routine("gesv", a), flat(x), info.reshape(-1)
        for i, (matrix, right) in enumerate(zip(flat(a), results, strict=True)):
            if right.size:
                _, _, results[i], infos[i] = gesv(matrix, right)
            else:
                infos[i] = routine("getrf", a)(matrix)[2]
            if infos[i]:
                results[i] = np.nan
    return x, info


def triangular(a: Array, b: Array, upper: bool, unit: bool) -> Array:
    """`trtrs` without its test for zeros on the diagonal: the solution of `a x = b` for a triangular a."""
    x = np.array(b, order="C")
    if a.size and x.size:
        results = flat(x)
        for i, (matrix, right) in enumerate(zip(flat(a), results, strict=True)):
            results[i] = _trsm(matrix, right, upper, unit)
    return x


def _trsm(a: Array, b: Array, upper: bool, unit: bool) -> Array:
    function = getattr(scipy.linalg.blas, PREFIX[a.dtype.char] + "trsm")
    result: Array = function(1.0, a, b, lower=not upper, diag=unit)
    return result


def cholesky(array: Array, upper: bool) -> tuple[Array, Array]:
    """`potrf`: the triangular factor, and the order of the first minor that is not positive."""
    array = regular(array)
    factor = np.array(array, order="C")
    info = np.zeros(array.shape[:-2], np.int32)
    if many(array):
        try:
            return np.linalg.cholesky(array, upper=upper), info
        except np.linalg.LinAlgError:
            pass  # the loop tells which matrix it was
    if array.size:
        potrf, results, infos = routine("potrf", array), flat(factor), info.reshape(-1)
        for i, matrix in enumerate(results):
            results[i], infos[i] = potrf(matrix, lower=not upper, clean=1)
    return factor, info


def symmetric(array: Array, hermitian: bool) -> tuple[Array, Array, Array]:
    """`sytrf` or `hetrf` of the lower triangles: L and D in one matrix, the pivots as LAPACK counts them, the first
    zero of D."""
    n = array.shape[-1]
    array = regular(array)
    ld, pivots = np.tril(array), np.zeros(array.shape[:-1], np.int32)
    info = np.zeros(array.shape[:-2], np.int32)
    if array.size:
        name = "hetrf" if hermitian and array.dtype.kind == "c" else "sytrf"
        results, steps, infos = flat(ld), flat(pivots, 1), info.reshape(-1)
        for i, matrix in enumerate(results):
            found, steps[i], infos[i] = routine(name, array)(matrix, lower=1, lwork=BLOCK * n)
            results[i] = np.tril(found)
    return ld, pivots, info


def symmetric_solved(ld: Array, pivots: Array, b: Array, hermitian: bool) -> Array:
    """The solution of `A x = b` from what `symmetric` gave, by the steps of LAPACK's `sytrs` and `hetrs`."""
    if not has_values(ld):
        return rows(b)
    x = np.array(b, order="C")
    if ld.size and x.size:
        for matrix, steps, right in zip(flat(ld), flat(pivots, 1), flat(x), strict=True):
            blocks = _blocks(steps)
            for k, size in blocks:
                _forward(matrix, steps, right, k, size, hermitian)
            turned = matrix.conj().T if hermitian else matrix.T
            for k, size in reversed(blocks):
                end = k + size
                right[k:end] -= turned[k:end, end:] @ right[end:]
                _exchange(right, end - 1, abs(steps[k]) - 1)
    return x


def _blocks(steps: Array) -> list[tuple[int, int]]:
    """Where the blocks of D begin, and their sizes: two negative pivots make one of two."""
    found, k = [], 0
    while k < len(steps):
        found.append((k, 1 if steps[k] > 0 else 2))
        k += found[-1][1]
    return found


def _forward(ld: Array, steps: Array, b: Array, k: int, size: int, hermitian: bool) -> None:
    """One block's part of `L D y = b`, in place."""
    end = k + size
    _exchange(b, end - 1, abs(steps[k]) - 1)
    b[end:] -= ld[end:, k:end] @ b[k:end]
    block = np.tril(ld[k:end, k:end])
    corner = np.tril(block, -1)
    b[k:end] = np.linalg.solve(block + (corner.conj().T if hermitian else corner.T), b[k:end])


def _exchange(rows: Array, i: int, j: int) -> None:
    rows[[i, j]] = rows[[j, i]]


def reflected(array: Array) -> tuple[Array, Array]:
    """`geqrf`: R above reflectors, and their factors tau."""
    *batch, m, n = array.shape
    a, tau = np.array(array, order="C"), np.zeros((*batch, min(m, n)), array.dtype)
    if array.size:
        geqrf, results, taus = routine("geqrf", array), flat(a), flat(tau, 1)
        for i, matrix in enumerate(results):
            results[i], taus[i] = geqrf(matrix, lwork=BLOCK * n)[:2]
    return a, tau


def orthogonal(array: Array, tau: Array) -> Array:
    """`orgqr`: the columns of Q that belong to reflectors and their factors."""
    q = np.array(array, order="C")
    if array.size:
        multiply = routine("ungqr" if array.dtype.kind == "c" else "orgqr", array)
        results = flat(q)
        for i, factors in enumerate(flat(tau, 1)):
            results[i] = multiply(results[i], factors, lwork=BLOCK * array.shape[-1])[0]
    return q


def least(a: Array, b: Array, rcond: float, driver: str) -> tuple[Array, Array, Array, Array]:
    """The solutions of least squares, the ranks, the singular values, and where `gels` found a rank too low."""
    *batch, m, n = a.shape
    x = np.zeros((*batch, n, b.shape[-1]), a.dtype)
    ranks, info = np.zeros(batch, np.int64), np.zeros(batch, np.int32)
    values = np.zeros((*batch, min(m, n)), a.real.dtype)
    if a.size and x.size:
        results, counts, singular, infos = flat(x), ranks.reshape(-1), flat(values, 1), info.reshape(-1)
        for i, (matrix, right) in enumerate(zip(flat(a), flat(b), strict=True)):
            padded = np.zeros((max(m, n), right.shape[1]), a.dtype)
            padded[:m] = right
            found, counts[i], singular[i], infos[i] = _DRIVERS[driver](matrix, padded, rcond)
            results[i] = found[:n]
    return x, ranks, values, info


def _gels(a: Array, b: Array, rcond: float) -> tuple[Array, int, Any, int]:
    _, x, info = routine("gels", a)(a, b)
    return x, min(a.shape), 0, info


def _gelsy(a: Array, b: Array, rcond: float) -> tuple[Array, int, Any, int]:
    size = int(np.real(routine("gelsy_lwork", a)(*a.shape, b.shape[1], rcond)[0]))
    _, x, _, rank, info = routine("gelsy", a)(a, b, np.zeros((a.shape[1], 1), np.int32), rcond, size)
    return x, rank, 0, info


def _gelsd(a: Array, b: Array, rcond: float) -> tuple[Array, int, Any, int]:
    sizes = [int(np.real(size)) for size in routine("gelsd_lwork", a)(*a.shape, b.shape[1], rcond)[:-1]]
    x, values, rank, info = routine("gelsd", a)(a, b, *sizes, rcond)
    return x, rank, values, info


def _gelss(a: Array, b: Array, rcond: float) -> tuple[Array, int, Any, int]:
    _, x, values, rank, _, info = routine("gelss", a)(a, b, rcond)
    return x, rank, values, info


_DRIVERS = {"gels": _gels, "gelsy": _gelsy, "gelsd": _gelsd, "gelss": _gelss}
