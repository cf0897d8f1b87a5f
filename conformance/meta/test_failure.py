"""What a failing item says: which statement broke, what came instead, and how to run it again."""

from __future__ import annotations

import types

import pytest

from conformance import failure
from conformance.absence import absent
from conformance.backend import Backend
from conformance.case import Trial, false_claim, origin
from conformance.document import Block, Clause
from conformance.example import run_example
from conformance.operation import read_row
from conformance.outcome import _failure, _finding
from conformance.planning import Plan, make
from conformance.sample import arrays, describe, describe_defined
from conformance.terminal import absences, capabilities, one_of_each_kind

AGAIN = "conformance run --backend mini view.size.flag"


def clause(source: str) -> Clause:
    """A clause whose example is `source`."""
    return Clause("view.size.flag", "spec/view.md", 10, "A fact.", (), (Block(source, 14),), ())


def trial(**names: object) -> Trial:
    """A trial on a backend that has `names` alone."""
    namespace = types.SimpleNamespace(**names)
    return Trial(Backend("mini", "1", namespace), "view.size.flag", "view.size.flag[cpu]", "cpu", "view.size.flag")


def told(source: str, **names: object) -> str:
    """The text of the failing example `source`."""
    of, run = clause(source), trial(**names)
    run_example(of, None, run)
    return failure.text(of, [_failure(cases) for cases in run.failures()], "cpu", len(run.cases), AGAIN)


def refuse(size: int) -> None:
    """Raise what a library might."""
    raise ValueError(f"no {size}")


def test_the_statement_that_failed_carries_the_answer() -> None:
    """A mark on every line that was held to something; want and got below the wrong one."""
    lines = told("x = torch.one\nx  # -> 1\nx + 1  # -> 3\n", one=1).splitlines()
    assert "     14   x = torch.one" in lines
    assert "     15 ✓ x  # -> 1" in lines
    wrong = lines.index("     16 ✗ x + 1  # -> 3")
    assert [line.split() for line in lines[wrong + 1 : wrong + 3]] == [["want", "3"], ["got", "2"]]
    assert lines[-1] == f"  again   {AGAIN}"


def test_an_exception_stands_where_it_stopped_the_example() -> None:
    """Once, at its statement; what follows was not run and has no mark."""
    text = told("1  # -> 1\ny = torch.f(3)\ny  # -> 1\n", f=refuse)
    lines = text.splitlines()
    stop = lines.index("     15 ✗ y = torch.f(3)")
    assert lines[stop + 1].strip() == "raised  ValueError: no 3"
    assert "     16   y  # -> 1" in lines
    assert text.count("no 3") == 1


def test_a_wrong_exception_is_told_in_one_piece() -> None:
    """Class and words together, on both sides."""
    text = told("1  # -> 1\ntorch.f(3)  # raises RuntimeError: none of 3\n", f=refuse)
    assert "want  RuntimeError: none of 3\n" in text
    assert "got   ValueError: no 3\n" in text
    said = told("torch.f(3)  # raises ValueError: none of 3\n", f=refuse)
    assert "want  ValueError: none of 3\n" in said
    assert "got   ValueError: no 3\n" in said


def test_where_a_library_raised() -> None:
    """The innermost frame; none where it was the harness or the example itself."""
    module: dict[str, object] = {}
    exec(compile("def f():\n    raise ValueError\n", "/somewhere/lib/shape.py", "exec"), module)
    with pytest.raises(ValueError) as caught:  # noqa: PT011, the class is all there is
        module["f"]()  # type: ignore[operator]
    assert origin(caught.value.__traceback__) == "lib/shape.py:2 in f"
    with pytest.raises(ValueError, match="no 1") as caught:
        refuse(1)
    assert not origin(caught.value.__traceback__)  # this file is part of the harness


def test_a_call_that_is_refused_is_no_place() -> None:
    """A row's call is evaluated, and generated code has no file: the frame above tells more."""
    with pytest.raises(TypeError) as caught:
        eval(compile("refuse(dim=1)", "<refuse(dim=1)>", "eval"), {"refuse": refuse})
    assert not origin(caught.value.__traceback__)
    module: dict[str, object] = {}
    exec(compile("def f():\n    exec('raise ValueError')\n", "/somewhere/lib/shape.py", "exec"), module)
    with pytest.raises(ValueError) as raised:  # noqa: PT011, the class is all there is
        module["f"]()  # type: ignore[operator]
    assert origin(raised.value.__traceback__) == "lib/shape.py:2 in f"


def test_a_debugger_is_led_to_where_the_library_raised() -> None:
    """With `--pdb` an exception leaves its case, once it is recorded."""
    run = trial(f=refuse)
    run.debugging = True
    with pytest.raises(ValueError, match="no 3"):
        run_example(clause("torch.f(3)  # -> 1\n"), None, run)
    assert run.status == "fail"


def test_inputs_of_a_law_stand_on_lines_of_their_own() -> None:
    """With their dtype, shape and values; the cases that fail alike are named."""
    row = ("f(x, y)", "x(2) y(2)", "float", "x")
    operation = read_row("pointwise.add", ("call", "inputs", "dtypes", "equals"), row, 1)
    run = trial()
    for name in ("float32", "float64"):
        inputs = describe(operation, arrays(operation, run, name, name), name)
        with run.case(name, call="f(x, y)", inputs=inputs) as case:
            case.equal("dtype", "int64", "float32")
    law = Clause("view.size.flag", "spec/view.md", 10, "A fact.", (), (), ())
    text = failure.text(law, [_failure(cases) for cases in run.failures()], "cpu", 3, AGAIN)
    assert "\n    x: float32 (2,) = [" in text
    assert "\n    y: float32 (2,) = [" in text
    assert "✗ dtype         want 'float32'   got 'int64'" in text
    assert "2 of 3 cases of this item fail this way: float32, float64" in text


def test_a_value_is_told_with_its_formula() -> None:
    """And with what is compared, where the results are not unique."""
    columns = ("call", "inputs", "dtypes", "equals", "through")
    row = ("torch.linalg.qr(x)", "x(3,4)", "float", "x", "result[0] @ result[1]")
    operation = read_row("linalg.qr", columns, row, 1)
    values = arrays(operation, trial(), "float32", "float32")
    assert describe_defined(operation, values, "float32").split("   ")[1:] == [
        "compared: result[0] @ result[1]",
        "formula: x",
    ]


def report(status: str, exception: str = "", clause: str = "view.size.flag") -> types.SimpleNamespace:
    """A report as the plugin makes it."""
    failures = [{"status": status, "exception": exception, "checks": []}]
    return types.SimpleNamespace(conformance={"status": status, "clause": clause, "failures": failures})


def test_the_most_frequent_kind_comes_first() -> None:
    """So that what breaks most is read first."""
    reports = [report("fail", "A: 1"), report("fail", "B: 1"), report("fail", "B: 2")]
    assert [found.conformance["failures"][0]["exception"] for found in one_of_each_kind(reports)] == ["B: 1", "A: 1"]


@pytest.mark.parametrize(
    ("exception", "name"),
    [
        ("AttributeError: module 'mylib' has no attribute 'cat'", "torch.cat"),
        ("AttributeError: module 'my.lib' has no attribute 'cat'. Did you mean: 'at'?", "torch.cat"),
        ("AttributeError: 'Tensor' object has no attribute 'neg'", "Tensor.neg"),
        ("AttributeError: type object 'Tensor' has no attribute 'neg'", "Tensor.neg"),
        ("ModuleNotFoundError: No module named 'mylib.nn'", "module mylib.nn"),
        ("AttributeError: module 'mylib.linalg' has no attribute 'qr'", "torch.linalg.qr"),
        ("AttributeError: gone", ""),
    ],
)
def test_missing_names_are_counted(exception: str, name: str) -> None:
    """In torch's words, with the number of items that stop there."""
    assert absent(report("missing", exception).conformance["failures"]) == name
    lines = absences([report("missing", exception)] * 3)
    assert [line.split("  ")[1:] for line in lines[1:]] == ([[name, "3"]] if name else [])


def test_missing_names_of_modules_are_called_as_torch_calls_them() -> None:
    """By the attribute that holds the module, or by its place below the namespace."""
    found = report("missing", "AttributeError: module 'mini._decompositions' has no attribute 'qr'").conformance[
        "failures"
    ]
    namespace = types.ModuleType("mini")
    assert absent(found, namespace) == "torch._decompositions.qr"
    vars(namespace)["linalg"] = types.ModuleType("mini._decompositions")
    assert absent(found, namespace) == "torch.linalg.qr"


def plan(**lacks: str) -> Plan:
    """The plan of a backend that lacks what is said."""
    return make(Backend("mini", "1", types.ModuleType("mini"), lacks=lacks))


def test_what_is_missing_as_a_whole_can_be_declared() -> None:
    """A capability of which an item works is not, nor one of which another name is missing."""
    told = "AttributeError: module 'mini' has no attribute 'fft'"
    reports = [report("missing", told, clause="fft.shift"), report("missing", told, clause="fft.norm")]
    lines = capabilities(lambda: plan(), reports)
    assert lines[1].split() == ["fft", "2", "clauses", 'lacks={"fft":', '"why"}']
    assert capabilities(lambda: plan(), [*reports, report("pass", clause="fft.shift")]) == []
    assert capabilities(lambda: plan(), [report("missing", told.replace("fft", "ones"), clause="fft.shift")]) == []


def test_what_is_declared_as_lacking_is_told_in_a_line() -> None:
    """With its reason, and where the claim is false."""
    claim = report("fail", clause="fft.norm")
    claim.conformance["failures"][0]["checks"] = [_finding(false_claim(["fft"]))]
    lines = capabilities(lambda: plan(fft="not yet"), [report("unsupported", clause="fft.shift"), claim])
    assert [line.split()[:3] for line in lines[1:]] == [["fft", "1", "clause"]] * 2
    assert [line.split("clause")[1].strip() for line in lines[1:]] == ["not yet", "a false claim: it works there"]
