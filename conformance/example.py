"""Running the example of a clause: statements in order, each held to what its comment gives."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from conformance.agreement import agree
from conformance.case import Case, ObservationError, Trial, is_missing
from conformance.compare import Check
from conformance.document import Clause, Row, SpecificationError
from conformance.statement import NESTED, Statement, compile_clause, compile_expression


def run_example(clause: Clause, row: Row | None, trial: Trial) -> None:
    """Run every statement of `clause` with the cells of `row` bound to the table's columns, as one case of `trial`."""
    inputs = ""
    if row is not None:
        inputs = ", ".join(f"{name} = {cell}" for name, cell in zip(clause.tables[0].columns, row.cells, strict=True))
    source = "\n".join(block.source.rstrip() for block in clause.blocks)
    with trial.case("example", call=source, inputs=inputs) as case:
        run = _Run(clause, row, case)
        wrap = trial.backend.wrap
        (wrap(run.run) if wrap is not None else run.run)()


class _Run:
    """One run of an example: its names, its warnings, its case."""

    def __init__(self, clause: Clause, row: Row | None, case: Case) -> None:
        self.clause, self.row, self.case, self.trial = clause, row, case, case.trial
        self.names: dict[str, Any] = {"torch": self.trial.namespace, "np": np, "device": self.trial.device}
        if "accelerator" in clause.requires:
            self.names["accelerator"] = self.trial.backend.accelerator
        companions = self.trial.backend.companions
        self.names.update((name, companions[name]) for name in clause.requires if name in companions)

    def run(self) -> None:
        """Bind the row, then run the statements; warnings are collected, not shown."""
        try:
            self._run()
        except SpecificationError as error:
            raise ObservationError(str(error)) from error

    def _run(self) -> None:
        with warnings.catch_warnings(record=True) as self.warned:
            warnings.simplefilter("always")
            if self.row is not None:
                for name, cell in zip(self.clause.tables[0].columns, self.row.cells, strict=True):
                    self.names[name] = self._evaluate(cell, self.row.line)
            for statement in compile_clause(self.clause):
                self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        nested = statement.nested
        if nested:
            self.names[NESTED] = lambda index, thunk: self._expect(nested[index], thunk)
        self.case.where = self._where(statement)
        if statement.expectation is None:
            self._execute(statement)
        else:
            self._expect(statement, lambda: self._execute(statement))

    def _where(self, statement: Statement) -> str:
        return f"{self.clause.path}:{statement.line}: {' '.join(statement.source.split())}"

    def _execute(self, statement: Statement) -> Any:
        if statement.is_expression:
            return eval(statement.code, self.names)
        return exec(statement.code, self.names)

    def _evaluate(self, source: str, line: int) -> Any:
        return eval(compile_expression(source, self.clause.path, line), self.names)

    def _expect(self, statement: Statement, execute: Callable[[], Any]) -> None:
        """Run one statement and record what its comment says of it."""
        expectation = statement.expectation
        if expectation is None:
            return
        where = self.case.where = self._where(statement)
        if expectation.form == "raises":
            self._raises(where, execute, expectation.kind, expectation.words)
        elif expectation.form == "warns":
            self._warns(where, execute, expectation.kind, expectation.words)
        else:
            got = execute()
            want = self._evaluate(expectation.value, expectation.line)
            options = [want] if expectation.form == "gives" else list(want)
            self.case.checks.append(self._any_of(where, got, options, str(expectation)))

    def _any_of(self, where: str, got: Any, options: list[Any], text: str) -> Check:
        checks = [agree(where, got, option, self.trial) for option in options]
        for check in checks:
            if check.ok:
                return check
        want = checks[0].want if len(checks) == 1 else text
        return Check(where, want, checks[0].got, False)

    def _raises(self, where: str, execute: Callable[[], Any], kind: str, words: str) -> None:
        try:
            execute()
        except Exception as error:
            if is_missing(error) and kind != "AttributeError":
                raise
            self.case.judge_exception(error, kind, words, where=f"{where} ")
        else:
            self.case.checks.append(Check(f"{where} raises", f"{kind}: {words}", "no exception", False))

    def _warns(self, where: str, execute: Callable[[], Any], kind: str, words: str) -> None:
        before = len(self.warned)
        execute()
        category = self.trial.exception_class(kind)
        fresh = self.warned[before:]
        ok = any(issubclass(entry.category, category) and words in str(entry.message) for entry in fresh)
        told = "; ".join(f"{entry.category.__name__}: {entry.message}" for entry in fresh) or "no warning"
        self.case.checks.append(Check(f"{where} warns", f"{kind}: {words}", told, ok))
