"""Laws of the chapter data: what chance decides, and what happens in worker processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import time
import warnings
from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Trial
from conformance.law import loading
from conformance.law.interpreter import ENDING, UNGUARDED, program
from conformance.law.loading import leaving_nobody, loader, plain


@pytest.mark.clause("data.sampler.weighted.shares")
def test_weighted(trial: Trial) -> None:
    """6000 draws with weights 1, 2 and 3: five standard deviations are 145 to 194."""
    data = trial.namespace.utils.data
    generator = trial.namespace.Generator(device=trial.device).manual_seed(11)
    with trial.case("shares", call="WeightedRandomSampler([1.0, 2.0, 3.0], 6000)") as case:
        drawn = list(data.WeightedRandomSampler([1.0, 2.0, 3.0], 6000, generator=generator))
        for index, want in enumerate((1000, 2000, 3000)):
            got = drawn.count(index)
            case.holds(f"index {index}", abs(got - want) < 195, f"{want} ± 195", str(got))


def on_host(trial: Trial) -> Any:
    """The host as the default device: there the generators are that PyTorch makes of its own accord."""
    torch = trial.namespace
    return contextlib.nullcontext() if trial.device == "cpu" else torch.device("cpu")


@pytest.mark.clause("data.sampler.distributed.epoch")
def test_distributed(trial: Trial) -> None:
    """Three replicas of eleven samples."""
    data = trial.namespace.utils.data
    with trial.case("shuffled", call="DistributedSampler(range(11), 3, rank, seed=4)") as case, on_host(trial):
        samplers = [data.DistributedSampler(range(11), 3, rank, seed=4) for rank in range(3)]
        orders = []
        for epoch in (0, 1, 0):
            for sampler in samplers:
                sampler.set_epoch(epoch)
            shares = [list(sampler) for sampler in samplers]
            case.equal("lengths", [len(share) for share in shares], [4, 4, 4])
            orders.append([share[i] for i in range(4) for share in shares])
            case.equal(
                "every sample, one twice", [sorted(orders[-1][:11]), orders[-1][11]], [list(range(11)), orders[-1][0]]
            )
        case.equal("the first epoch again", orders[2], orders[0])
        case.holds("another epoch", orders[1] != orders[0], "another order", "the same")
        case.holds("order", orders[0][:11] != list(range(11)), "shuffled", "not")


@pytest.mark.clause("data.loader.shuffle.global")
def test_global_seed(trial: Trial) -> None:
    """On the host."""
    torch = trial.namespace

    def epochs(seed: int) -> list[list[int]]:
        torch.manual_seed(seed)
        shuffled = torch.utils.data.DataLoader(range(40), shuffle=True, collate_fn=list)
        return [[batch[0] for batch in shuffled] for _ in range(2)]

    with (
        trial.case("seeds", call="torch.manual_seed(5); list(DataLoader(range(40), shuffle=True))") as case,
        on_host(trial),
    ):
        one, again, other = epochs(5), epochs(5), epochs(6)
        case.equal("samples", sorted(one[0]), list(range(40)))
        case.equal("the same seed", again, one)
        case.holds("another seed", other != one, "another order", "the same")
        case.holds("another epoch", one[0] != one[1], "another order", "the same")


@pytest.mark.clause("data.loader.pin.absent")
def test_pin_absent(trial: Trial) -> None:
    """Whether there is an accelerator is what the library says; where there is one, nothing is asked of it."""
    torch = trial.namespace
    asked = not torch.accelerator.is_available()
    with trial.case(f"pin_memory={asked}", call="DataLoader([x], pin_memory=True)") as case, on_host(trial):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            (batch,) = torch.utils.data.DataLoader([torch.tensor([1.5, 2.5])], pin_memory=asked)
        words = "'pin_memory' argument is set as true but no accelerator is found"
        case.equal("warnings", sum(words in str(each.message) for each in told), int(asked))
        case.same(batch, np.array([[1.5, 2.5]], dtype=np.float32))


@pytest.mark.clause("data.worker.same")
def test_same(trial: Trial) -> None:
    """In several orders and sizes, of samples of many kinds."""
    torch = trial.namespace
    samples = [
        {"x": np.array([i, i * i], dtype=np.float32), "n": i, "f": i / 4, "s": str(i), "t": (i, [torch.tensor([i])])}
        for i in range(7)
    ]
    ways: dict[str, dict[str, Any]] = {
        "batch_size=3": {"batch_size": 3},
        "batch_size=2, drop_last=True": {"batch_size": 2, "drop_last": True},
        "batch_size=None": {"batch_size": None},
        "sampler=[6, 0, 3]": {"sampler": [6, 0, 3]},
        "batch_sampler=[[5], [1, 2, 0]]": {"batch_sampler": [[5], [1, 2, 0]]},
        "shuffle=True": {"batch_size": 3, "shuffle": True},
    }
    for name, options in ways.items():
        for workers in (1, 2) if name == "batch_size=3" else (2,):
            with trial.case(f"{workers} workers, {name}", call=f"DataLoader(dataset, {name})") as case:
                there, here = (
                    [
                        plain(batch)
                        for batch in torch.utils.data.DataLoader(
                            samples,
                            num_workers=number,
                            timeout=loading.LIMIT if number else 0,
                            generator=torch.Generator().manual_seed(3),
                            **options,
                        )
                    ]
                    for number in (workers, 0)
                )
                case.equal("batches", there, here)
                case.holds("number", len(there) > 1, "some", str(len(there)))


@pytest.mark.clause("data.worker.turns")
def test_turns(trial: Trial) -> None:
    """Two workers, six batches."""
    who = loading.Who(trial.namespace.utils.data.get_worker_info)
    with trial.case("2 workers", call="[get_worker_info().id, os.getpid()]") as case, leaving_nobody(case):
        told = [batch[0][1] for batch in loader(trial, loading.Asking(6, who))]
        case.equal("workers", [number for number, _ in told], [0, 1, 0, 1, 0, 1])
        processes = {process for _, process in told}
        case.equal("processes", [len(processes), os.getpid() in processes, len(set(told))], [2, False, 2])


@pytest.mark.clause("data.worker.info")
def test_info(trial: Trial) -> None:
    """Two workers, two batches each."""
    dataset = loading.Told(4, trial.namespace.utils.data.get_worker_info)
    with trial.case("2 workers", call="get_worker_info()") as case:
        told = [batch[0] for batch in loader(trial, dataset)]
        case.equal("id, num_workers", [(number, workers) for number, workers, *_ in told], [(0, 2), (1, 2)] * 2)
        case.equal("seeds", [told[1][2] - told[0][2], told[2][2], told[3][2]], [1, told[0][2], told[1][2]])
        case.equal("its dataset", [mine for *_, mine in told], [True] * 4)
        case.equal("here", trial.namespace.utils.data.get_worker_info(), None)


@pytest.mark.clause("data.worker.copy")
def test_copy(trial: Trial) -> None:
    """A dataset that counts, in two epochs."""
    with trial.case("counting", call="DataLoader(dataset, num_workers=1)") as case:
        dataset = loading.Counting()
        counting = loader(trial, dataset, workers=1)
        case.equal("first epoch", [batch[0] for batch in counting], [1, 2, 3, 4])
        case.equal("second epoch", [batch[0] for batch in counting], [1, 2, 3, 4])
        case.equal("here", dataset.taken, 0)


@pytest.mark.clause("data.worker.init")
def test_init(trial: Trial) -> None:
    """A note in each worker."""
    with trial.case("2 workers", call="DataLoader(dataset, num_workers=2, worker_init_fn=f)") as case:
        starter = loading.Starter(trial.namespace)
        notes = [b[0][1] for b in loader(trial, loading.Asking(4, loading.started), worker_init_fn=starter)]
        case.equal("notes", notes, [[(0, 0, True)], [(1, 1, True)]] * 2)
        case.equal("here", loading.started(), [])


@pytest.mark.clause("data.worker.seed")
def test_seed(trial: Trial) -> None:
    """Two epochs with a generator, and the first again."""
    torch = trial.namespace
    dataset = loading.Asking(4, loading.Dice(torch))
    with trial.case("seeds", call="DataLoader(dataset, num_workers=2, generator=g)") as case:

        def epochs(seed: int) -> list[list[Any]]:
            dice = loader(trial, dataset, generator=torch.Generator().manual_seed(seed))
            return [[batch[0][1] for batch in dice] for _ in range(2)]

        (one, two), (again, _) = epochs(3), epochs(3)
        case.equal("initial_seed", [drawn[1] == drawn[2] for drawn in one], [True] * 4)
        case.equal("following", one[1][1] - one[0][1], 1)
        case.equal("the same generator", again, one)
        numbers = [number for drawn in (*one, *two) for number in drawn[3]]
        case.equal("numbers that differ", len(set(numbers)), 24)


@pytest.mark.clause("data.worker.sampler")
def test_sampler(trial: Trial) -> None:
    """The sampler tells its process, and the dataset hands it on."""
    with trial.case("sampler", call="DataLoader(dataset, sampler=s, num_workers=1)") as case:
        told = list(loader(trial, loading.Same(), workers=1, sampler=loading.Drawn(3)))
        case.equal("processes", told, [[os.getpid()]] * 3)


@pytest.mark.clause("data.worker.prefetch")
def test_prefetch(trial: Trial) -> None:
    """How much of a sampler is taken, before and after the first batch."""
    for workers, factor in ((1, 1), (2, 3)):
        with trial.case(f"{workers} x {factor}", call=f"DataLoader(dataset, prefetch_factor={factor})") as case:
            sampler = loading.Drawn(20)
            batches = iter(loader(trial, loading.Same(), workers, sampler=sampler, prefetch_factor=factor))
            case.equal("at the beginning", sampler.taken, workers * factor)
            next(batches)
            case.equal("after a batch", sampler.taken, workers * factor + 1)
            case.equal("the rest", len(list(batches)), 19)


@pytest.mark.clause("data.worker.tensor")
def test_tensor(trial: Trial) -> None:
    """Tensors of several dtypes as they are, transposed and with an offset; two that share memory."""
    torch = trial.namespace
    names = {"float32": (), "bfloat16": ("bf16",), "float64": (), "int16": (), "bool": (), "complex64": ("complex",)}
    for name, needs in names.items():
        with trial.case(name, call="DataLoader([x], batch_size=None, num_workers=1)", requires=needs) as case:
            x = torch.tensor([[0, 1, 2], [3, 4, 5]], dtype=getattr(torch, name)).t()[1:]
            (y,) = loader(trial, [x], 1, batch_size=None, collate_fn=None)
            case.equal("dtype", y.dtype, x.dtype)
            case.equal("strides", tuple(y.stride()), tuple(x.stride()))
            case.equal("values", y.tolist(), x.tolist())
    with trial.case("shared", call="DataLoader([[x, x[1]]], batch_size=None, num_workers=1)") as case:
        x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        ((y, row),) = loader(trial, [[x, x[1]]], 1, batch_size=None, collate_fn=None)
        y[1, 0] = 9
        case.equal("the other", row.tolist(), [9.0, 4.0])
        case.equal("here", x.tolist(), [[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.clause("data.worker.exception")
def test_exception(trial: Trial) -> None:
    """One of each class, between samples."""
    faults = [
        None,
        ValueError("no value"),
        KeyError("no key"),
        None,
        loading.TroubleError("trouble"),
        IndexError("off"),
        None,
    ]
    with trial.case("exceptions", call="next(iter(DataLoader(dataset, num_workers=2)))") as case, leaving_nobody(case):
        batches = iter(loader(trial, loading.Faults(faults)))
        for index, fault in enumerate(faults):
            if fault is None:
                case.equal(f"batch {index}", next(batches), [index])
                continue
            name = type(fault).__name__
            where = f"{type(fault).__module__}.{name}".removeprefix("builtins.")
            error = raised(case, batches)
            case.equal(f"class {index}", type(error), type(fault))
            for words in (
                f"Caught {name} in DataLoader worker process {index % 2}.",
                "Original Traceback (most recent call last):",
                "in __getitem__",
                f"{where}: {fault}",
            ):
                case.holds(f"words {index}", words in str(error), words, str(error))
        case.equal("the end", next(batches, "over"), "over")


def raised(case: Case, batches: Any) -> Exception | None:
    """What the next batch raises."""
    try:
        next(batches)
    except Exception as error:
        return error
    return None


@pytest.mark.clause("data.worker.exception.class")
def test_exception_class(trial: Trial) -> None:
    """A class of two arguments."""
    with trial.case("two arguments", call="next(iter(DataLoader(dataset, num_workers=1)))") as case:
        batches = iter(loader(trial, loading.Faults([loading.OddError("a", "b")]), 1))
        with case.raises("RuntimeError", "Caught OddError in DataLoader worker process 0."):
            next(batches)


@pytest.mark.clause("data.worker.exception.init")
def test_exception_init(trial: Trial) -> None:
    """A function that calls what is none."""
    with trial.case("init", call="next(iter(DataLoader(x, num_workers=1, worker_init_fn=f)))") as case:
        batches = iter(loader(trial, range(3), 1, worker_init_fn=len))  # the number has no length
        with case.raises("TypeError", "Caught TypeError in DataLoader worker process 0."):
            next(batches)


@pytest.mark.clause("data.worker.killed")
def test_killed(trial: Trial) -> None:
    """By a signal, and by leaving; what came before is right."""
    for way in ("signal", "leaving"):
        with trial.case(way, call="list(DataLoader(dataset, num_workers=2))") as case, leaving_nobody(case):
            got: list[Any] = []
            since = time.monotonic()
            with case.raises("RuntimeError", "DataLoader worker (pid"):
                for batch in loader(trial, loading.Fatal(way)):
                    got += batch
            case.holds("batches", got in ([], [0], [0, 1], [0, 1, 2]), "some of [0, 1, 2]", str(got))
            took = time.monotonic() - since
            case.holds("seconds", took < loading.LIMIT / 2, "few", str(took))


@pytest.mark.clause("data.worker.timeout")
def test_timeout(trial: Trial) -> None:
    """One batch in time, one not."""
    with trial.case("timeout", call="DataLoader(dataset, num_workers=1, timeout=t)") as case, leaving_nobody(case):
        case.equal("in time", [b[0] for b in loader(trial, loading.Slow(0.0), 1)], [0, 1])
        batches = iter(loader(trial, loading.Slow(0.8), 1, timeout=0.2, sampler=[1]))
        with case.raises("RuntimeError", "DataLoader timed out after 0.2 seconds"):
            next(batches)
        del batches


@pytest.mark.clause("data.worker.stream")
def test_stream(trial: Trial) -> None:
    """From each worker, and shared among them."""
    way = {"multiprocessing_context": loading.forking()}
    for sharing, want in ((False, [0, 0, 1, 1, 2, 2]), (True, [0, 1, 2, 3, 4, 5])):
        with trial.case(f"sharing={sharing}", call="list(DataLoader(stream, num_workers=2))") as case:
            numbers = loading.stream(trial.namespace, 6 if sharing else 3, sharing)
            got = [batch[0] for batch in loader(trial, numbers, **way)]
            case.equal("samples", got, want)


@pytest.mark.clause("data.worker.stream.uneven")
def test_uneven(trial: Trial) -> None:
    """One sample from one worker, five from the other."""
    with trial.case("uneven", call="list(DataLoader(stream, num_workers=2))") as case:
        numbers = loading.stream(trial.namespace, 1, False, step=4)
        batches = list(loader(trial, numbers, batch_size=2, multiprocessing_context=loading.forking()))
        case.equal("batches", batches, [[0], [100, 101], [102, 103], [104]])


@pytest.mark.clause("data.worker.persistent.stream")
def test_persistent_stream(trial: Trial) -> None:
    """Two epochs of a stream that two workers share."""
    with trial.case("twice", call="DataLoader(stream, num_workers=2, persistent_workers=True)") as case:
        way = {"batch_size": 2, "persistent_workers": True, "multiprocessing_context": loading.forking()}
        numbers = loader(trial, loading.stream(trial.namespace, 7, True), **way)
        for epoch in (1, 2):
            case.equal(f"epoch {epoch}", list(numbers), [[0, 2], [1, 3], [4, 6], [5]])


@pytest.mark.clause("data.worker.stream.partial")
def test_partial(trial: Trial) -> None:
    """Three samples from one worker, five from the other, in batches of two."""
    whole = [[0, 1], [100, 101], [102, 103]]
    for drop, want in ((False, [*whole[:2], [2], whole[2], [104]]), (True, whole)):
        with trial.case(f"drop_last={drop}", call="list(DataLoader(stream, 2, num_workers=2))") as case:
            numbers = loading.stream(trial.namespace, 3, False, step=2)
            way = {"batch_size": 2, "drop_last": drop, "multiprocessing_context": loading.forking()}
            case.equal("batches", list(loader(trial, numbers, **way)), want)


@pytest.mark.clause("data.worker.order")
def test_order(trial: Trial) -> None:
    """A first batch that waits until the second one is made, or handed out."""
    context = multiprocessing.get_context()
    with trial.case("in_order=True", call="DataLoader(dataset, num_workers=2)") as case:
        waiting = loading.Waiting(context.Event(), told=True)
        got = [batch[0] for batch in loader(trial, waiting, multiprocessing_context=context)]
        case.equal("batches", got, [0, 1, 2, 3])
    with trial.case("in_order=False", call="DataLoader(dataset, num_workers=2, in_order=False)") as case:
        event = context.Event()
        batches = iter(
            loader(trial, loading.Waiting(event, told=False), in_order=False, multiprocessing_context=context)
        )
        first = next(batches)[0]
        case.holds("first", first in (1, 3), "1 or 3", str(first))
        event.set()
        case.equal("all", sorted([first, *(batch[0] for batch in batches)]), [0, 1, 2, 3])


@pytest.mark.clause("data.worker.persistent")
def test_persistent(trial: Trial) -> None:
    """Three epochs, the second left after one batch."""
    who = loading.Who(trial.namespace.utils.data.get_worker_info)
    for persistent in (True, False):
        with trial.case(f"{persistent}", call=f"persistent_workers={persistent}") as case, leaving_nobody(case):
            asking = loader(trial, loading.Asking(6, who), persistent_workers=persistent)
            one = [batch[0] for batch in asking]
            for _ in asking:
                break
            three = [batch[0] for batch in asking]
            case.equal("batches", [index for index, _ in three], [0, 1, 2, 3, 4, 5])
            counting = loader(trial, loading.Counting(), 1, persistent_workers=persistent)
            counts = [batch[0] for _ in range(2) for batch in counting]
            case.equal("its dataset", counts, [*range(1, 9)] if persistent else [1, 2, 3, 4] * 2)
            same = {process for _, (_, process) in one} == {process for _, (_, process) in three}
            case.equal("the same processes", same, persistent)
            del asking, counting, _


@pytest.mark.clause("data.worker.abandoned")
def test_abandoned(trial: Trial) -> None:
    """At its end, in the middle, and by an exception."""
    with trial.case("over", call="list(DataLoader(x, num_workers=2))") as case, leaving_nobody(case):
        case.equal("batches", len(list(loader(trial, range(5)))), 5)
    with trial.case("left", call="next(iter(DataLoader(x, num_workers=2)))") as case, leaving_nobody(case):
        case.equal("batch", next(iter(loader(trial, range(500)))), [0])
    with trial.case("left, large", call="next(iter(DataLoader(x, num_workers=2)))") as case, leaving_nobody(case):
        large = loading.Asking(50, loading.megabytes)  # more than the pipe to the main process holds
        case.equal("batch", next(iter(loader(trial, large)))[0][1].shape, (250_000,))
    kind, words = "ZeroDivisionError", "division by zero"
    with trial.case(kind, call="for batch in loader: raise") as case, leaving_nobody(case), case.raises(kind, words):
        for batch in loader(trial, range(500)):
            _ = 1 / batch[0]


def only_in_full(trial: Trial) -> None:
    """What starts interpreters takes seconds, which a quick run does without."""
    if trial.quick:
        pytest.skip("a quick run starts no interpreters")


@pytest.mark.clause("data.worker.exit")
def test_exit(trial: Trial) -> None:
    """In order, and killed while it waits; workers notice a killed parent after some seconds."""
    only_in_full(trial)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        running = [(way, stack.enter_context(program(folder, ENDING, trial, way))) for way in ("end", "wait")]
        for way, process in running:
            with trial.case(way, call="DataLoader(x, num_workers=1, persistent_workers=True)") as case:
                assert process.stdout is not None
                workers = [int(word) for word in process.stdout.readline().split()]
                if way == "wait":
                    process.send_signal(signal.SIGKILL)
                _, complaints = process.communicate(timeout=loading.LIMIT)
                case.equal("workers", len(workers), 2)
                case.equal("exit status", process.returncode, 0 if way == "end" else -signal.SIGKILL)
                case.equal("complaints", complaints, "")
                until = time.monotonic() + 20
                while any(map(loading.is_running, workers)) and time.monotonic() < until:
                    time.sleep(0.05)
                case.equal("workers left", [pid for pid in workers if loading.is_running(pid)], [])


@pytest.mark.clause("data.worker.spawn")
def test_spawn(trial: Trial) -> None:
    """One worker; tensors in the dataset cross to it."""
    only_in_full(trial)
    torch = trial.namespace
    with trial.case("spawn", call='DataLoader(x, num_workers=1, multiprocessing_context="spawn")') as case:
        dataset = torch.utils.data.TensorDataset(torch.arange(10.0).view(5, 2), torch.arange(5))
        options = {"batch_size": 2, "collate_fn": None}
        there = loader(trial, dataset, 1, multiprocessing_context="spawn", **options)
        here = loader(trial, dataset, 0, **options)
        case.equal("batches", [plain(batch) for batch in there], [plain(batch) for batch in here])


@pytest.mark.clause("data.worker.spawn.guard")
def test_guard(trial: Trial) -> None:
    """Without `if __name__ == "__main__":`."""
    only_in_full(trial)
    with tempfile.TemporaryDirectory() as folder, trial.case("unguarded", call=UNGUARDED) as case:
        with program(folder, UNGUARDED, trial) as process:
            printed, complaints = process.communicate(timeout=loading.LIMIT)
        case.equal("printed", printed, "")
        case.holds("exit status", process.returncode not in (0, None), "an error", str(process.returncode))
        for words in ("bootstrapping phase", "RuntimeError: DataLoader worker (pid"):
            case.holds("complaint", words in complaints, words, complaints[-500:])


@pytest.mark.clause("data.worker.spawn.pickle")
def test_unpicklable(trial: Trial) -> None:
    """A lambda."""
    with trial.case("lambda", call="iter(DataLoader(x, collate_fn=lambda b: b))") as case, leaving_nobody(case):
        spawned = loader(trial, range(3), 1, collate_fn=lambda batch: batch, multiprocessing_context="spawn")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some tell of it twice
            with case.raises("Exception", "local object"):
                iter(spawned)
