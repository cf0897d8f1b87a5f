"""Laws of the chapter derivative: the gradients that its tables state, at every point, in every layout."""

from __future__ import annotations

import pytest

from conformance.case import Trial
from conformance.law import kink


@pytest.mark.clause("derivative.edge.root")
def test_edge_root(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.edge.reciprocal")
def test_edge_reciprocal(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.edge.logarithm")
def test_edge_logarithm(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.edge.logit")
def test_edge_logit(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.edge.arc")
def test_edge_arc(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.infinity.saturated")
def test_infinity_saturated(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.infinity.gated")
def test_infinity_gated(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.kink.absolute")
def test_kink_absolute(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.kink.step")
def test_kink_step(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.kink.remainder")
def test_kink_remainder(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.kink.clamp")
def test_kink_clamp(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.kink.bound")
def test_kink_bound(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.kink.relu")
def test_kink_relu(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.kink.hard")
def test_kink_hard(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.kink.leaky")
def test_kink_leaky(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.power.base")
def test_power_base(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.power.exponent")
def test_power_exponent(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.pair.zero")
def test_pair_zero(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.pair.sign")
def test_pair_sign(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.pair.logarithm")
def test_pair_logarithm(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.pair.exponential")
def test_pair_exponential(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.tie.pair")
def test_tie_pair(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.tie.nan")
def test_tie_nan(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.choice.replaced")
def test_choice_replaced(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.choice.untaken")
def test_choice_untaken(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.nan.element")
def test_nan_element(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.loss.kink")
def test_loss_kink(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.loss.margin")
def test_loss_margin(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.loss.probability")
def test_loss_probability(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.loss.divergence")
def test_loss_divergence(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.loss.likelihood")
def test_loss_likelihood(row: dict[str, str], trial: Trial) -> None:
    """Element by element."""
    kink.check_points(row, trial)


@pytest.mark.clause("derivative.tie.max")
def test_tie_max(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.tie.middle")
def test_tie_middle(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.tie.sort")
def test_tie_sort(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.tie.scatter")
def test_tie_scatter(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.zero.norm")
def test_zero_norm(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.zero.renorm")
def test_zero_renorm(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.zero.deviation")
def test_zero_deviation(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.zero.distance")
def test_zero_distance(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.zero.product")
def test_zero_product(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.zero.matrix")
def test_zero_matrix(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.infinity.exponential")
def test_infinity_exponential(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.choice.left")
def test_choice_left(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.loss.classes")
def test_loss_classes(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.loss.hinge")
def test_loss_hinge(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.rows.embedding")
def test_rows_embedding(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.rows.prelu")
def test_rows_prelu(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.rows.glu")
def test_rows_glu(row: dict[str, str], trial: Trial) -> None:
    """Of whole tensors."""
    kink.check_whole(row, trial)


@pytest.mark.clause("derivative.second.kink")
def test_second_kink(row: dict[str, str], trial: Trial) -> None:
    """Differentiated twice."""
    kink.check_second(row, trial)


@pytest.mark.clause("derivative.formula.loss")
def test_formula_loss(row: dict[str, str], trial: Trial) -> None:
    """Of means."""
    kink.check_loss(row, trial)


@pytest.mark.clause("derivative.formula.softmax")
def test_formula_softmax(row: dict[str, str], trial: Trial) -> None:
    """Along a dimension."""
    kink.check_softmax(row, trial)
