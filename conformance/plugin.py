"""The pytest plugin: `pytest --backend NAME` runs the specification's examples and laws against a backend."""

from __future__ import annotations

import gc
import shlex
import warnings
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from conformance import backend as backends
from conformance import planning, promotion
from conformance.case import Trial
from conformance.document import SpecificationError
from conformance.isolation import isolated
from conformance.items import SLOT, TRIAL, ChapterFile, judge
from conformance.operation import Operation
from conformance.outcome import describe, outcome_of, status_letter
from conformance.planning import Plan, Slot
from conformance.recording import Recorder
from conformance.specification import SelectionError, find, suggest
from conformance.terminal import Conclusion

PLAN = pytest.StashKey[Plan]()
PACKAGE = Path(__file__).resolve().parent
DEFAULT_BACKEND = "reference"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of a conformance run."""
    group = parser.getgroup("conformance", "conformance to PyTorch's eager behaviour")
    group.addoption("--backend", metavar="B", help="entry point, module[:attribute], adapter.py[:attribute] or library")
    group.addoption("--device", metavar="D", help="only on this device or type of device, such as cpu or sim:0")
    group.addoption("--dtype", metavar="T", help="only cases of this dtype, in the laws that have cases by dtype")
    group.addoption("--profile", metavar="P", default="full", help="core, full, quick, a chapter or a capability")
    group.addoption(
        "--select", metavar="GLOB", action="append", default=[], help="only these clauses: view.*, !view.t.*"
    )
    group.addoption("--records", metavar="FILE", help="write one JSON line per item to FILE")
    group.addoption("--seed", metavar="N", type=int, default=0, help="seed of the random inputs (default 0)")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, in the process that reports, the recorder and the conclusion."""
    config.addinivalue_line("markers", "clause(id): the law checks this clause of the specification")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Conclusion(lambda: plan_of(config)), "conformance-conclusion")
        if config.option.records:
            config.pluginmanager.register(Recorder(config, lambda: plan_of(config)), "conformance-recorder")
    if _asks_for_a_run(config):
        plan_of(config)  # wrong usage ends here, before anything is collected
    if config.option.pyargs and "conformance" in config.invocation_params.args:
        documents = find()
        if PACKAGE not in documents.parents:  # installed from a source tree: the documents lie beside the package
            config.args.append(str(documents))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`pytest --pyargs conformance` is about a backend; the harness's own tests run in its own tree."""
    return True if config.option.pyargs and collection_path == PACKAGE / "meta" else None


def _asks_for_a_run(config: pytest.Config) -> bool:
    """Whether the command line speaks of a conformance run; elsewhere the plugin keeps still."""
    option = config.option
    return any((option.backend, option.device, option.select, option.records, option.profile != "full"))


def plan_of(config: pytest.Config) -> Plan:
    """The plan of this run, made when the first document or law is collected."""
    if PLAN not in config.stash:
        options = config.option
        try:
            chosen = backends.load(options.backend or DEFAULT_BACKEND)
            plan = planning.make(
                chosen, options.select, options.profile, device=options.device, dtype=options.dtype, seed=options.seed
            )
        except (backends.BackendError, SelectionError, SpecificationError) as error:
            raise pytest.UsageError(str(error)) from error
        _check_lacks(plan)
        _check_device(plan)
        _check_dtype(plan)
        config.stash[PLAN] = plan
    return config.stash[PLAN]


def _check_lacks(plan: Plan) -> None:
    known = plan.specification.capabilities
    for name in plan.backend.lacks:
        if name not in known:
            near = suggest(name, known) or f" (there is {', '.join(known)})"
            raise pytest.UsageError(f"{plan.backend.name} lacks `{name}`, and no capability is called that{near}")


def _check_device(plan: Plan) -> None:
    known = {name for device in plan.backend.devices for name in (device, device.split(":")[0])}
    if plan.device is not None and plan.device not in known:
        message = f"{plan.backend.name} has no device `{plan.device}`{suggest(plan.device, known)}"
        raise pytest.UsageError(f"{message} (it has {', '.join(plan.backend.devices)})")


def _check_dtype(plan: Plan) -> None:
    known = promotion.DTYPES
    if plan.dtype is not None and plan.dtype not in known:
        near = suggest(plan.dtype, known) or f" (there is {', '.join(known)})"
        raise pytest.UsageError(f"no dtype is called `{plan.dtype}`{near}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Chapters of the specification are test files."""
    if file_path.suffix == ".md" and file_path.parent == find():
        plan = plan_of(parent.config)
        if file_path.stem in plan.specification.chapters:
            return ChapterFile.from_parent(parent, path=file_path, plan=plan)
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A law runs once per row and device of the clause that its marker names."""
    marker = metafunc.definition.get_closest_marker("clause")
    if marker is None:
        if "trial" in metafunc.fixturenames:
            pytest.fail("a law names its clause: @pytest.mark.clause(id)", pytrace=False)
        return
    plan = plan_of(metafunc.config)
    target = _target(plan, marker, metafunc)
    chapter = metafunc.module.__name__.rsplit("test_", maxsplit=1)[-1]
    slots = list(plan.law_slots(target, chapter, metafunc.fixturenames, marker.kwargs.get("rows", "")))
    ids = [slot.item[len(slot.clause.id) + 1 : -1] for slot in slots]
    metafunc.parametrize("slot", slots, ids=ids, indirect=True)


def _target(plan: Plan, marker: pytest.Mark, metafunc: pytest.Metafunc) -> str:
    target = str(marker.args[0]) if marker.args else ""
    if target != planning.ANY_OPERATION and target not in plan.specification.clauses:
        known = suggest(target, plan.specification.clauses)
        pytest.fail(f"no clause is called `{target}`{known}", pytrace=False)
    return target


def pytest_itemcollected(item: pytest.Item) -> None:
    """`-k view.transpose` finds the laws of a clause too."""
    slot = slot_of(item)
    if slot is not None:
        item.stash[SLOT] = slot
        item.extra_keyword_matches.add(slot.clause.id)


def slot_of(item: pytest.Item) -> Slot | None:
    """The slot of an example or of a law's item."""
    if SLOT in item.stash:
        return item.stash[SLOT]
    callspec = getattr(item, "callspec", None)
    found = callspec.params.get("slot") if callspec is not None else None
    return found if isinstance(found, Slot) else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Laws of clauses that were not chosen leave no placeholder behind. UsageError where two laws make the same item:
    no record could tell them apart."""
    items[:] = [item for item in items if not _is_placeholder(item)]
    seen: dict[tuple[str, str], str] = {}
    for item in items:
        slot = slot_of(item)
        if slot is not None and seen.setdefault((slot.clause.id, slot.item), item.nodeid) != item.nodeid:
            first = seen[slot.clause.id, slot.item]
            raise pytest.UsageError(f"{item.nodeid} is the same item of `{slot.clause.id}` as {first}: a clause each")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was collected stays to the end: the collector, which some laws call, need not look through it again."""
    if any(slot_of(item) is not None for item in session.items):
        gc.collect()
        gc.freeze()


def _is_placeholder(item: pytest.Item) -> bool:
    return item.get_closest_marker("clause") is not None and slot_of(item) is None


@pytest.fixture
def slot(request: pytest.FixtureRequest) -> Slot:
    """The item's parameters."""
    assert isinstance(request.param, Slot)
    return request.param


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> backends.Backend:
    """The backend under test."""
    return plan_of(request.config).backend


@pytest.fixture
def device(slot: Slot) -> str:
    """The device under test."""
    return slot.device


@pytest.fixture
def pair(slot: Slot) -> tuple[str, str]:
    """An ordered pair of distinct devices."""
    assert slot.pair is not None
    return slot.pair


@pytest.fixture
def operation(slot: Slot) -> Operation:
    """A row of the chapter's operation tables."""
    assert slot.operation is not None
    return slot.operation


@pytest.fixture
def row(slot: Slot) -> dict[str, str]:
    """A row of the clause's table: column → cell."""
    assert slot.row is not None
    columns = next(table.columns for table in slot.clause.tables if slot.row in table.rows)
    return dict(zip(columns, slot.row.cells, strict=True))


@pytest.fixture
def trial(request: pytest.FixtureRequest, slot: Slot) -> Iterator[Trial]:
    """What the law records its cases in."""
    plan = plan_of(request.config)
    found = request.node.stash[TRIAL] = plan.trial(slot, debugging=bool(request.config.option.usepdb))
    with isolated(found):
        yield found


def pytest_runtest_setup(item: pytest.Item) -> None:
    """An item that cannot be tried is unsupported, as declared."""
    slot = slot_of(item)
    if slot is not None and slot.blocked:
        pytest.skip(slot.blocked)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Once the body has ended, its trial decides; what a backend warns of is no verdict, in examples and laws alike."""
    if slot_of(item) is None:
        yield
        return
    law = item.stash.get(TRIAL, None)
    with warnings.catch_warnings(), nullcontext() if law is None else law.whole():
        warnings.simplefilter("ignore")
        yield
    if TRIAL in item.stash:
        judge(item.stash[TRIAL])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach what the trial found, in plain data that crosses xdist's wire."""
    report = yield
    slot = slot_of(item)
    if slot is not None and (call.when == "call" or (call.when == "setup" and not report.passed)):
        trial = item.stash.get(TRIAL, None)
        found = describe(slot, trial, report, again(item.config, slot))
        vars(report)["conformance"] = found
        if report.failed and found["text"]:
            report.longrepr = found["text"]
    return report


def again(config: pytest.Config, slot: Slot) -> str:
    """The command that repeats the clause of `slot`, with the options that matter."""
    options = config.option
    named = {
        "--device": slot.device if slot.device != plan_of(config).backend.devices[0] else "",
        "--dtype": options.dtype,
    }
    words = ["conformance", "run", "--backend", options.backend or DEFAULT_BACKEND, slot.clause.id]
    words += [word for name, value in named.items() if value for word in (name, value)]
    return shlex.join([*words, *(["--seed", str(options.seed)] if options.seed else [])])


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Letters and words of the eight statuses."""
    status = outcome_of(report)
    return status_letter(status) if status is not None else None
