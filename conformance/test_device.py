"""Laws of the chapter device: pairs of devices, families of operations, current and default devices."""

from __future__ import annotations

import pytest

from conformance.case import Trial
from conformance.law import current, duplicate, hollow, mixing, movement, parallel, partition, travel
from conformance.law.placement import Pair, floats, made


@pytest.mark.clause("device.integer.ordinal")
def test_ordinal(trial: Trial) -> None:
    """With an accelerator and without one."""
    current.ordinal(trial)


@pytest.mark.clause("device.absent.refused")
def test_absent(trial: Trial) -> None:
    """An ordinal that no machine has, of CUDA and of the backend's own accelerators."""
    current.absent(trial)


@pytest.mark.clause("device.absent.cuda")
def test_absent_cuda(trial: Trial) -> None:
    """Without CUDA the call is refused; with it the result is on a CUDA device."""
    current.absent_cuda(trial)


@pytest.mark.clause("device.factory.report")
def test_factory(row: dict[str, str], trial: Trial, device: str) -> None:
    """The device as text and as an object."""
    current.factory(row, trial, device)


@pytest.mark.clause("device.factory.other")
def test_factory_elsewhere(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The first device is the default and holds the pattern; the second is asked for."""
    current.factory_elsewhere(row, trial, pair)


@pytest.mark.clause("device.current.set")
def test_current_set(trial: Trial) -> None:
    """Each ordinal in turn."""
    current.set_device(trial)


@pytest.mark.clause("device.current.block")
def test_current_block(trial: Trial) -> None:
    """Also when the block ends by an exception."""
    current.block(trial)


@pytest.mark.clause("device.current.explicit")
def test_current_explicit(trial: Trial) -> None:
    """Every ordinal from within every other."""
    current.explicit(trial)


@pytest.mark.clause("device.move.values")
def test_move(trial: Trial, pair: Pair) -> None:
    """Every dtype in every layout; the source stays as it was."""
    movement.values(trial, pair)


@pytest.mark.clause("device.move.copy")
def test_move_copies(trial: Trial, pair: Pair) -> None:
    """Writes on both sides, through the tensors and through views of them."""
    movement.copies(trial, pair)


@pytest.mark.clause("device.move.round")
def test_move_round(trial: Trial, pair: Pair) -> None:
    """There and back."""
    movement.round_trip(trial, pair)


@pytest.mark.clause("device.move.both")
def test_move_converts(trial: Trial, pair: Pair) -> None:
    """Positional and keyword arguments."""
    movement.converts(trial, pair)


@pytest.mark.clause("device.move.other")
def test_move_to_tensor(trial: Trial, pair: Pair) -> None:
    """The other tensor gives device and dtype, and no shape."""
    movement.to_tensor(trial, pair)


@pytest.mark.clause("device.move.strides")
def test_move_strides(trial: Trial, pair: Pair) -> None:
    """Transposed and permuted tensors."""
    movement.strides(trial, pair)


@pytest.mark.clause("device.move.nonblocking")
def test_move_nonblocking(trial: Trial, pair: Pair) -> None:
    """By `to` and by `copy_`; reading synchronises."""
    movement.nonblocking(trial, pair)


@pytest.mark.clause("device.copy.into")
def test_copy_into(trial: Trial, pair: Pair) -> None:
    """Conversion, broadcasting, and no memory in common afterwards."""
    movement.copied_into(trial, pair)


@pytest.mark.clause("device.copy.assign")
def test_copy_assign(trial: Trial, pair: Pair) -> None:
    """A row, and a slice with steps."""
    movement.assigned(trial, pair)


@pytest.mark.clause("device.result.same")
def test_result(row: dict[str, str], trial: Trial) -> None:
    """On every device of the type under test."""
    mixing.stays(row, trial)


@pytest.mark.clause("device.mix.refused")
def test_mix(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The same call is accepted when both operands are on the first device."""
    mixing.refused(row, trial, pair)


@pytest.mark.clause("device.mix.untouched")
def test_mix_untouched(trial: Trial, pair: Pair) -> None:
    """In place, and with an output argument."""
    mixing.untouched(trial, pair)


@pytest.mark.clause("device.mix.ordinal")
def test_mix_ordinal(trial: Trial) -> None:
    """The first two devices of the accelerator's type."""
    mixing.ordinals(trial)


@pytest.mark.clause("device.zero-dim.host")
def test_scalar(row: dict[str, str], trial: Trial) -> None:
    """With tensors of several shapes on every accelerator."""
    mixing.scalars(row, trial)


@pytest.mark.clause("device.index.pair")
def test_index(trial: Trial, pair: Pair) -> None:
    """The tensor on the first device, the index on the second, in reading and in assignment."""
    mixing.indices(trial, pair)


@pytest.mark.clause("device.default.set")
def test_default(trial: Trial) -> None:
    """Other devices where the device under test is the default already; itself inside a block."""
    current.default(trial)


@pytest.mark.clause("device.pin.refused")
def test_pin(trial: Trial) -> None:
    """Either answer, and no third."""
    with trial.case("x.pin_memory()", call="x.pin_memory()", inputs="x: float32 (2,) on cpu") as case:
        x = made(trial, [1.0, 2.0], "cpu")
        case.same(x, floats([1, 2]), "x")
        pin = x.pin_memory
        try:
            got = pin()
        except RuntimeError:
            case.holds("pinned or refused", True, "RuntimeError", "RuntimeError")
        else:
            case.equal("is_pinned", got.is_pinned(), True)
            case.same(got, floats([1, 2]))


@pytest.mark.clause("device.gradient.move")
def test_gradient_of_a_move(trial: Trial, pair: Pair) -> None:
    """The gradient has the device and the dtype of the leaf, also when the move changes the dtype."""
    travel.leaf_moves(trial, pair)


@pytest.mark.clause("device.gradient.leaf")
def test_moved_leaf(trial: Trial, pair: Pair) -> None:
    """Move first, then ask for the gradient."""
    travel.moved_leaf(trial, pair)


@pytest.mark.clause("device.gradient.chain")
def test_gradient_of_a_chain(trial: Trial, pair: Pair) -> None:
    """There and back twice, with an operation at every stop, and the leaf used on both devices."""
    travel.round_trip(trial, pair)


@pytest.mark.clause("device.gradient.copy")
def test_gradient_of_a_copy(trial: Trial, pair: Pair) -> None:
    """The source is a leaf on the second device, the target a buffer on the first."""
    travel.copied_source(trial, pair)


@pytest.mark.clause("device.module.move")
def test_module(trial: Trial, pair: Pair) -> None:
    """A layer with a gradient, a floating buffer and an integer buffer."""
    travel.module_moves(trial, pair)


@pytest.mark.clause("device.module.both")
def test_module_converts(trial: Trial, pair: Pair) -> None:
    """Device and dtype at once; integers keep their dtype and move."""
    travel.module_moves_and_converts(trial, pair)


@pytest.mark.clause("device.optimizer.moved")
def test_optimizer(trial: Trial, pair: Pair) -> None:
    """A step after the move changes the module."""
    travel.optimizer_follows(trial, pair)


@pytest.mark.clause("device.optimizer.state")
def test_optimizer_state(trial: Trial, pair: Pair) -> None:
    """The momentum of one step before the move."""
    travel.state_stays(trial, pair)


@pytest.mark.clause("device.split.batch")
def test_split_batch(trial: Trial, pair: Pair) -> None:
    """Half of the rows on each device; the losses are added on the first."""
    travel.split_batch(trial, pair)


@pytest.mark.clause("device.split.layers")
def test_split_layers(trial: Trial, pair: Pair) -> None:
    """The hidden values move, the weights stay."""
    travel.split_layers(trial, pair)


@pytest.mark.clause("device.split.columns")
def test_split_columns(trial: Trial, pair: Pair) -> None:
    """One column stays, two go to the second device, and the results are joined on the first."""
    travel.split_columns(trial, pair)


@pytest.mark.clause("device.move.forms")
def test_move_forms(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The result shares no memory with the source, which stays where it was."""
    movement.by_every_form(row, trial, pair)


@pytest.mark.clause("device.move.same")
def test_move_nowhere(trial: Trial) -> None:
    """Every form that names the device where the tensor is, on every device of the backend."""
    movement.nowhere(trial)


@pytest.mark.clause("device.duplicate.deep")
def test_deepcopy(trial: Trial) -> None:
    """A leaf with a gradient, in two dtypes."""
    duplicate.deep(trial)


@pytest.mark.clause("device.duplicate.shared")
def test_deepcopy_shared(trial: Trial) -> None:
    """A tensor and a view of it in one list."""
    duplicate.shared(trial)


@pytest.mark.clause("device.duplicate.pickle")
def test_pickle(trial: Trial) -> None:
    """A leaf, and a tensor that requires no gradient."""
    duplicate.pickled(trial)


@pytest.mark.clause("device.duplicate.shallow")
def test_copy(trial: Trial) -> None:
    """A write through the copy."""
    duplicate.shallow(trial)


@pytest.mark.clause("device.duplicate.module")
def test_deepcopy_module(trial: Trial) -> None:
    """Two layers that share a weight, with a buffer; by `deepcopy` and by pickling."""
    duplicate.module(trial)


@pytest.mark.clause("device.split.module")
def test_parallel_directly(trial: Trial) -> None:
    """Without an accelerator as it is; with one, on its first device alone."""
    parallel.directly(trial)


@pytest.mark.clause("device.parallel.result")
def test_parallel_result(trial: Trial) -> None:
    """From the CPU, from the first device and from the last, onto every device."""
    parallel.result(trial)


@pytest.mark.clause("device.parallel.gradient")
def test_parallel_gradient(trial: Trial) -> None:
    """Every row counts with a weight of its own; the gradients add to those that are there."""
    parallel.gradient(trial)


@pytest.mark.clause("device.parallel.single")
def test_parallel_single(trial: Trial) -> None:
    """Each device in turn."""
    parallel.single(trial)


@pytest.mark.clause("device.parallel.elsewhere")
def test_parallel_elsewhere(trial: Trial) -> None:
    """On the CPU, and on the second device where there is one."""
    parallel.elsewhere(trial)


@pytest.mark.clause("device.parallel.remainder")
def test_parallel_remainder(trial: Trial) -> None:
    """One row, two rows, three rows: devices for which nothing is left do nothing."""
    parallel.remainder(trial)


@pytest.mark.clause("device.parallel.forms")
def test_parallel_forms(trial: Trial) -> None:
    """A tensor as keyword argument, a list of tensors, a number that every copy gets."""
    parallel.forms(trial)


@pytest.mark.clause("device.parallel.zero-dim")
def test_parallel_zero_dim(trial: Trial) -> None:
    """A loss of each part."""
    parallel.zero_dim(trial)


@pytest.mark.clause("device.parallel.replica")
def test_parallel_replicas_are_temporary(trial: Trial) -> None:
    """A counter; a buffer on the first device, which is the module's own."""
    parallel.replicas_are_temporary(trial)


@pytest.mark.clause("device.parallel.exception")
def test_parallel_failing(trial: Trial) -> None:
    """The copy on the last device raises."""
    parallel.failing(trial)


@pytest.mark.clause("device.parallel.scatter")
def test_parallel_scatters(trial: Trial) -> None:
    """By ordinals and by devices; along both dimensions; what is no tensor is given to all."""
    parallel.scatters(trial)


@pytest.mark.clause("device.parallel.gather")
def test_parallel_gathers(trial: Trial) -> None:
    """Parts of different lengths, onto every device and the CPU; their gradients go back to them."""
    parallel.gathers(trial)


@pytest.mark.clause("device.parallel.replicate")
def test_parallel_replicates(trial: Trial) -> None:
    """Two layers that share a weight; a buffer."""
    parallel.replicates(trial)


@pytest.mark.clause("device.parallel.apply")
def test_parallel_applies(trial: Trial) -> None:
    """Different modules and different inputs."""
    parallel.applies(trial)


@pytest.mark.clause("device.parallel.function")
def test_parallel_function(trial: Trial) -> None:
    """A module that stays what it is."""
    parallel.function(trial)


@pytest.mark.clause("device.mix.every")
def test_mix_every(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """Each operand in turn on the second device, the others on the first. What combines with everything, a 0-dim
    tensor on the CPU, is left to clauses of its own."""
    mixing.operands(row, trial, pair)


@pytest.mark.clause("device.mix.inplace")
def test_mix_inplace(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The target on the first device, every operand on the second."""
    mixing.targets(row, trial, pair)


@pytest.mark.clause("device.mix.out")
def test_mix_out(row: dict[str, str], trial: Trial, pair: Pair) -> None:
    """The operands on the first device, what is written to on the second."""
    mixing.outputs(row, trial, pair)


@pytest.mark.clause("device.meta.every")
def test_meta_every(row: dict[str, str], trial: Trial) -> None:
    """With the same inputs on the CPU."""
    hollow.every(row, trial)


@pytest.mark.clause("device.result.every")
def test_result_every(row: dict[str, str], trial: Trial, device: str) -> None:
    """On the device under test, with the operands there."""
    mixing.results(row, trial, device)


@pytest.mark.clause("device.cuda.absent")
def test_without_cuda(trial: Trial) -> None:
    """Where there is one, it has an ordinal."""
    current.without_cuda(trial)


@pytest.mark.clause("device.accelerator.set")
def test_set_index(trial: Trial) -> None:
    """Each ordinal, in each form."""
    current.set_index(trial)


@pytest.mark.clause("device.accelerator.block")
def test_index_block(trial: Trial) -> None:
    """One ordinal in another; None in between; an exception."""
    current.index_block(trial)


@pytest.mark.clause("device.current.thread")
def test_current_of_threads(trial: Trial) -> None:
    """A thread that sets another ordinal, from within every ordinal."""
    current.current_of_threads(trial)


@pytest.mark.clause("device.current.default")
def test_default_follows(trial: Trial) -> None:
    """By `set_default_device` and by a block."""
    current.default_follows(trial)


@pytest.mark.clause("device.default.thread")
def test_default_of_threads(trial: Trial) -> None:
    """A factory in a thread that begins inside the block, and one that enters a block itself."""
    current.default_of_threads(trial)


@pytest.mark.clause("device.default.both")
def test_block_in_default(trial: Trial) -> None:
    """Every device in every other."""
    current.block_in_default(trial)


@pytest.mark.clause("device.zero-dim.accelerators")
def test_scalars_of_accelerators(trial: Trial) -> None:
    """A factor and a tensor, both orders, on the first two devices of the accelerator's type."""
    partition.two_accelerators(trial)


@pytest.mark.clause("device.optimizer.stuck")
def test_optimizer_stuck(trial: Trial, pair: Pair) -> None:
    """Momentum; a step is possible again when the state is brought along."""
    partition.state_is_stuck(trial, pair)


@pytest.mark.clause("device.optimizer.load")
def test_optimizer_load(trial: Trial, pair: Pair) -> None:
    """Into the same optimizer and into a new one; then a step is that of an optimizer that never moved."""
    partition.state_is_loaded(trial, pair)


@pytest.mark.clause("device.optimizer.several")
def test_optimizer_several(trial: Trial, pair: Pair) -> None:
    """A parameter on each device, in one group and in two."""
    partition.one_for_several(trial, pair)


@pytest.mark.clause("device.split.rows")
def test_split_rows(trial: Trial, pair: Pair) -> None:
    """One row stays, the other goes to the second device; the gradients stay with their parts."""
    partition.split_rows(trial, pair)


@pytest.mark.clause("device.split.model")
def test_split_model(trial: Trial, pair: Pair) -> None:
    """The first layer on the first device, the second on the second, one optimizer for both."""
    partition.split_model(trial, pair)


@pytest.mark.clause("device.split.copies")
def test_split_copies(trial: Trial, pair: Pair) -> None:
    """One row here and three there; the gradients are added on the first device, and the copy is brought up to date."""
    partition.split_copies(trial, pair)
