"""Laws of the chapter random: what samplers draw has the moments, the quantiles and the support of its distribution.

Every sample has `N` numbers from the seed that an item starts with, and statistics lie within `SIGMAS` standard errors.
For the variance the standard error is estimated from the sample's own fourth moment (Kendall and Stuart, The Advanced
Theory of Statistics, volume 1, chapter 10).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law import empty, forms, gradient, layout, result, value
from conformance.operation import Operation, read_dtypes
from conformance.sample import CAPABILITY_OF

N = 20000
SIGMAS = 5.0


def needs(dtype: str) -> tuple[str, ...]:
    """The capability that a dtype needs."""
    return tuple(name for name, dtypes in CAPABILITY_OF.items() if dtype in dtypes)


def numbers(cell: str) -> list[float]:
    """The numbers that a cell names, over `n`."""
    found = eval(f"({cell},)", {"n": N})
    return [float(value) for value in found]


def near(case: Case, name: str, got: float, want: float, error: float) -> None:
    """A statistic lies within five standard errors of what the distribution gives."""
    case.holds(name, abs(got - want) <= SIGMAS * error, f"{want:.6g} ± {SIGMAS * error:.2g}", f"{got:.6g}")


def check_moments(case: Case, x: np.ndarray, mean: float, variance: float) -> None:
    """Mean, variance, and no correlation of neighbours."""
    centred = x - mean
    near(case, "mean", float(x.mean()), mean, (variance / N) ** 0.5)
    spread = float(np.mean(centred**4) - np.mean(centred**2) ** 2)
    near(case, "variance", float(np.mean(centred**2)), variance, (max(spread, 0.0) / N) ** 0.5)
    near(case, "correlation of neighbours", float(np.mean(centred[1:] * centred[:-1])) / variance, 0.0, N**-0.5)


def check_quantiles(case: Case, x: np.ndarray, cell: str) -> None:
    """How many numbers lie at or below each point."""
    points = numbers(cell)
    for point, share in zip(points[::2], points[1::2], strict=True):
        near(case, f"share at most {point:g}", float(np.mean(x <= point)), share, (share * (1 - share) / N) ** 0.5)


def check_sample(row: dict[str, str], trial: Trial) -> None:
    """One draw of `N` numbers in every dtype of the row."""
    torch, source = trial.namespace, row["draw"]
    dtypes = [name for name in read_dtypes(row["dtypes"]) if trial.dtype in (None, name)]
    if not dtypes:
        pytest.skip(f"no dtype of this row is left to run: {row['dtypes']}")
    for name in dtypes:
        with trial.case(name, call=source, inputs=f"n = {N}, dtype = torch.{name}", requires=needs(name)) as case:
            scope = {"torch": torch, "n": N, "dtype": getattr(torch, name), "device": trial.device}
            drawn: Any = eval(source, scope)
            x = trial.read(drawn).astype(np.float64).ravel()
            case.equal("numbers", x.size, N)
            if "support" in row:
                inside = np.asarray(eval(row["support"], {"x": x, "np": np, "n": N}))
                case.holds("support", bool(inside.all()), row["support"], f"{int((~inside).sum())} outside")
            if "mean" in row:
                check_moments(case, x, numbers(row["mean"])[0], numbers(row["variance"])[0])
            check_quantiles(case, x, row["below"])


@pytest.mark.clause("@operation")
def test_value(operation: Operation, trial: Trial) -> None:
    """The call gives the shape, and where nothing is left to chance the values, that the row's formula gives."""
    value.check(operation, trial)


@pytest.mark.clause("random.dtype")
def test_dtype(operation: Operation, trial: Trial) -> None:
    """The dtype of the result is the one asked for, or that of the tensor that is drawn for."""
    result.check(operation, trial)


@pytest.mark.clause("random.layout", rows="may_be_strided")
def test_layout(operation: Operation, trial: Trial) -> None:
    """Operands in any memory layout are drawn for."""
    layout.check(operation, trial)


@pytest.mark.clause("random.forms", rows="has_forms")
def test_forms(operation: Operation, trial: Trial) -> None:
    """Function, method and `out=` agree."""
    forms.check(operation, trial)


@pytest.mark.clause("random.empty", rows="may_be_empty")
def test_empty(operation: Operation, trial: Trial) -> None:
    """A size of zero is a size like any other."""
    empty.check(operation, trial)


@pytest.mark.clause("random.gradient", rows="differentiable")
def test_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient is that of a constant."""
    gradient.check(operation, trial)


@pytest.mark.clause("random.gradient.complex", rows="complex_differentiable")
def test_complex_gradient(operation: Operation, trial: Trial) -> None:
    """The gradient to both parts is that of a constant."""
    gradient.check_complex(operation, trial)


@pytest.mark.clause("random.uniform.moments")
def test_uniform(row: dict[str, str], trial: Trial) -> None:
    """`rand`, `rand_like`, `uniform_`."""
    check_sample(row, trial)


@pytest.mark.clause("random.normal.moments")
def test_normal(row: dict[str, str], trial: Trial) -> None:
    """`randn`, `randn_like`, `normal_`, and `normal` with numbers and tensors."""
    check_sample(row, trial)


@pytest.mark.clause("random.integer.moments")
def test_integer(row: dict[str, str], trial: Trial) -> None:
    """`randint`, `randint_like`, `random_`, `randperm`."""
    check_sample(row, trial)


@pytest.mark.clause("random.bernoulli.moments")
def test_bernoulli(row: dict[str, str], trial: Trial) -> None:
    """`bernoulli` and `bernoulli_`, with a number and with tensors."""
    check_sample(row, trial)


@pytest.mark.clause("random.exponential.moments")
def test_exponential(row: dict[str, str], trial: Trial) -> None:
    """`exponential_`."""
    check_sample(row, trial)


@pytest.mark.clause("random.geometric.moments")
def test_geometric(row: dict[str, str], trial: Trial) -> None:
    """`geometric_`."""
    check_sample(row, trial)


@pytest.mark.clause("random.lognormal.moments")
def test_log_normal(row: dict[str, str], trial: Trial) -> None:
    """`log_normal_`."""
    check_sample(row, trial)


@pytest.mark.clause("random.poisson.moments")
def test_poisson(row: dict[str, str], trial: Trial) -> None:
    """`poisson`."""
    check_sample(row, trial)


@pytest.mark.clause("random.multinomial.moments")
def test_multinomial(row: dict[str, str], trial: Trial) -> None:
    """`multinomial`, with and without replacement, with one row and with many."""
    check_sample(row, trial)


@pytest.mark.clause("random.cauchy.quantiles")
def test_cauchy(row: dict[str, str], trial: Trial) -> None:
    """`cauchy_`, which has quartiles and no moments."""
    check_sample(row, trial)


@pytest.mark.clause("random.distribution.moments")
def test_distribution(row: dict[str, str], trial: Trial) -> None:
    """`torch.distributions`."""
    check_sample(row, trial)


@pytest.mark.clause("random.permutation.every")
def test_permutations(trial: Trial) -> None:
    """Each of the six permutations of three numbers comes as often as the others."""
    torch, draws = trial.namespace, 1200
    with trial.case("n = 3", call="torch.randperm(3)", inputs=f"{draws} draws") as case:
        codes = [int(np.dot(trial.read(torch.randperm(3)), (9, 3, 1))) for _ in range(draws)]
        counts = np.unique(codes, return_counts=True)[1]
        case.equal("permutations seen", len(counts), 6)
        for place, count in enumerate(counts):
            near(case, f"share of permutation {place}", count / draws, 1 / 6, (5 / 36 / draws) ** 0.5)


@pytest.mark.clause("random.program.repeat")
def test_program(trial: Trial) -> None:
    """Linear regression by hand: parameters, data, noise, masks and order all come from the default generator."""
    with trial.case("two runs of one seed, one of another", call="train(seed)") as case:
        first = train(trial, 5)
        case.same(train(trial, 5), first, "parameters after training")
        other = trial.read(train(trial, 6))
        case.holds("another seed", not np.array_equal(other, trial.read(first)), "other parameters", "the same")


def train(trial: Trial, seed: int) -> Any:
    """The parameters after eight steps."""
    torch = trial.namespace
    torch.manual_seed(seed)
    data, weight = torch.randn(32, 3), torch.empty(3, 1).uniform_(-1, 1).requires_grad_()
    target = data.sum(1, keepdim=True) + torch.randn(32, 1) * 0.1
    for _ in range(2):
        for batch in torch.randperm(32).reshape(4, 8):
            kept = torch.bernoulli(torch.full((8, 3), 0.9))
            loss = (((data[batch] * kept) @ weight - target[batch]) ** 2).mean()
            weight.grad = None
            loss.backward()
            with torch.no_grad():
                weight -= 0.1 * weight.grad
    return weight.detach()
