"""What is recorded while an item runs: a trial holds cases, a case holds checks."""

from __future__ import annotations

import builtins
import hashlib
import importlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from conformance.backend import Backend
from conformance.compare import Check, check_close, check_same, check_shape, check_within, show
from conformance.status import STATUSES, Status, gravest

PACKAGE = Path(__file__).resolve().parent
REFUSALS_ONLY = {"raises", "message"}


class ObservationError(Exception):
    """The harness or the adapter could not read a result; never the backend's answer."""


@dataclass
class Case:
    """One run of a call: on one dtype, layout, size and set of values, or one run of an example."""

    name: str
    trial: Trial
    call: str = ""
    inputs: str | Callable[[], str] = ""
    checks: list[Check] = field(default_factory=list)
    exception: str = ""
    status: Status = "pass"
    where: str = ""
    origin: str = ""
    lacking: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The inputs as a failure tells them: a text, or made now by what was given in its place."""
        return self.inputs() if callable(self.inputs) else self.inputs

    def holds(self, name: str, ok: bool, want: str, got: str) -> None:
        """Record a check whose outcome the law has worked out."""
        self.checks.append(Check(name, want, got, bool(ok)))

    def equal(self, name: str, got: Any, want: Any) -> None:
        """Python equality."""
        self.checks.append(Check(name, show(want), show(got), bool(got == want)))

    def same(self, got: Any, want: Any, name: str = "values") -> None:
        """Shape and values bit for bit; any NaN equals any NaN. Tensors or arrays."""
        self._arrays(got, want, lambda a, b: check_same(a, b, name))

    def close(self, got: Any, want: np.ndarray, dtype: str, factor: float = 1.0, name: str = "values") -> None:
        """Shape, and values within the tolerance of `dtype` times `factor` of the higher-precision `want`."""
        self._arrays(got, want, lambda a, b: check_close(a, b, dtype, factor, name))

    def within(self, got: Any, want: np.ndarray, relative: float, absolute: float, name: str = "values") -> None:
        """Shape, and values within a stated relative and absolute error."""
        self._arrays(got, want, lambda a, b: check_within(a, b, relative, absolute, name))

    @contextmanager
    def raises(self, kind: str, words: str = "") -> Iterator[None]:
        """The body raises an instance of the class called `kind` whose message has `words` in it."""
        try:
            yield
        except Exception as error:
            if is_missing(error) and kind != "AttributeError":
                raise
            self.judge_exception(error, kind, words)
        else:
            self.checks.append(Check("raises", f"{kind}: {words}", "no exception", False))

    def judge_exception(self, error: Exception, kind: str, words: str, where: str = "") -> None:
        """Record whether `error` is of class `kind` and says `words`; under a lacking capability it is a refusal."""
        of_class = isinstance(error, self.trial.exception_class(kind))
        if not of_class and self.lacking:
            raise error
        told = f"{type(error).__name__}: {error}"
        self.checks.append(Check(f"{where}raises", kind, type(error).__name__ if of_class else told, of_class))
        if words:
            said = _folded(words) in _folded(str(error))
            self.checks.append(Check(f"{where}message", words, str(error), said))

    def _arrays(self, got: Any, want: Any, compare: Any) -> None:
        got, want = self.trial.read(got), self.trial.read(want)
        shape = check_shape(got, want)
        self.checks.append(shape)
        if shape.ok:
            self.checks.append(compare(got, want))

    def settle(self, error: Exception | None) -> None:
        """Decide the status once the body has ended, by `error` or in order."""
        if error is not None:
            self.origin = origin(error.__traceback__)
            self.exception = f"{type(error).__name__}: {error}"
            self.status = self._status_of(error)
            if self.status == "fail":
                self.checks.append(Check(self.where or "exception", "no exception", self.exception, False))
        elif not all(check.ok for check in self.checks):
            self.status = "fail"

    def weigh_claim(self) -> None:
        """A case that works although it declares a capability that the backend lacks is a false claim."""
        if self.lacking and self.status == "pass" and proves_something(self.checks):
            self.checks.append(false_claim(self.lacking))
            self.status = "fail"

    def _status_of(self, error: Exception) -> Status:
        if isinstance(error, ObservationError):
            return "error"
        if self.lacking:
            return "unsupported"
        return "missing" if is_missing(error) else "fail"


@dataclass
class Trial:
    """The run of one item: (clause, row, device)."""

    backend: Backend
    clause: str
    item: str
    device: str
    seed_name: str
    lacking: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    dtype: str | None = None
    quick: bool = False
    debugging: bool = False
    cases: list[Case] = field(default_factory=list)

    @property
    def namespace(self) -> Any:
        """The backend's torch-like module."""
        return self.backend.namespace

    def companion(self, name: str) -> Any:
        """The module of that name beside the backend's namespace: `torchvision`, `safetensors`."""
        return self.backend.companions[name]

    @contextmanager
    def case(
        self, name: str, call: str = "", inputs: str | Callable[[], str] = "", requires: tuple[str, ...] = ()
    ) -> Iterator[Case]:
        """Record one case; an exception inside becomes its status and the item goes on.

        `inputs` is a text, or a function that makes it when it is needed.
        `requires` names capabilities that this case alone needs, such as "complex" for one dtype of many.
        """
        own = tuple(capability for capability in requires if capability in self.backend.lacks)
        case = Case(name, self, call, inputs, lacking=own + tuple(self.lacking))
        self.cases.append(case)
        try:
            yield case
        except Exception as error:
            case.settle(error)
            if self.debugging and case.status != "unsupported":
                raise  # `--pdb` opens where the backend raised
        else:
            case.settle(None)
            if own and not self.lacking:
                case.weigh_claim()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Around a law: what is raised outside its cases is a case of its own, judged as they are."""
        try:
            yield
        except Exception as error:
            with self.case("around the cases"):
                raise error

    def read(self, value: Any) -> np.ndarray:
        """A tensor's values as an array (arrays pass as they are), only by way of the adapter.

        Raises:
            ObservationError: the adapter could not.
        """
        if isinstance(value, np.ndarray | np.generic):
            return np.asarray(value)
        if not self.is_tensor(value):
            return np.asarray(value)
        try:
            if self.backend.synchronize is not None:
                self.backend.synchronize()
            return np.asarray(self.backend.to_numpy(value))
        except Exception as error:
            raise ObservationError(f"to_numpy: {type(error).__name__}: {error}") from error

    def is_tensor(self, value: Any) -> bool:
        """Whether `value` is one of the backend's tensors."""
        kind = getattr(self.namespace, "Tensor", None)
        if isinstance(kind, type) and isinstance(value, kind):
            return True
        return not isinstance(value, np.ndarray | np.generic | type) and all(
            hasattr(value, name) for name in ("dtype", "shape", "device")
        )

    def exception_class(self, name: str) -> type[BaseException]:
        """The class called `name`: a builtin, one of Python's (``pickle.UnpicklingError``) or of the backend's
        (``torch.linalg.LinAlgError``)."""
        found = getattr(builtins, name, None)
        module, _, word = name.rpartition(".")
        if module in sys.stdlib_module_names:
            found = getattr(importlib.import_module(module), word)
        if found is None:
            found = self.namespace
            for part in name.removeprefix("torch.").split("."):
                found = getattr(found, part)
        if not (isinstance(found, type) and issubclass(found, BaseException)):
            raise ObservationError(f"`{name}` is no exception class")
        return found

    def generator(self, case: str = "") -> np.random.Generator:
        """Random numbers by clause, row, case and the run's seed: the same for every backend and device."""
        name = f"{self.seed}/{self.seed_name}/{case}".encode()
        return np.random.default_rng(int.from_bytes(hashlib.sha256(name).digest()[:8], "little"))

    @property
    def status(self) -> Status:
        """The item's status: the gravest of its cases, once claims are weighed."""
        if not self.cases or not any(case.checks or case.exception for case in self.cases):
            return "error"
        status = gravest(case.status for case in self.cases)
        if status == "pass" and self.lacking:
            return "fail" if self.claim_is_false else "unsupported"
        return status

    @property
    def claim_is_false(self) -> bool:
        """Whether everything held although the backend declares that it lacks what the clause requires."""
        proven = any(proves_something(case.checks) for case in self.cases)
        return bool(self.lacking) and proven and all(case.status == "pass" for case in self.cases)

    @property
    def counts(self) -> dict[Status, int]:
        """Cases by status."""
        return dict(Counter(case.status for case in self.cases))

    def failures(self) -> list[list[Case]]:
        """The cases that fail, the gravest first, those that fail in the same way together."""
        kinds: dict[tuple[object, ...], list[Case]] = {}
        for case in self.cases:
            if case.status not in ("pass", "unsupported"):
                failed = tuple(check.name for check in case.checks if not check.ok)
                kinds.setdefault((case.status, failed, case.exception.split(":")[0]), []).append(case)
        return sorted(kinds.values(), key=lambda alike: -STATUSES.index(alike[0].status))


def false_claim(lacking: Iterable[str]) -> Check:
    """What is wrong with a capability that is declared as lacking and works."""
    return Check("claim", f"a refusal: {', '.join(lacking)} is declared as lacking", "it works", False)


def proves_something(checks: Iterable[Check]) -> bool:
    """Whether any check shows that a thing works; a refusal that was expected shows only that it refuses."""
    return any(check.name.rsplit(" ", maxsplit=1)[-1] not in REFUSALS_ONLY for check in checks)


def is_missing(error: BaseException) -> bool:
    """Whether `error` says that the backend has no such name (and not that a None or a number has none)."""
    if isinstance(error, ModuleNotFoundError):
        return True
    if not isinstance(error, AttributeError) or error.name is None or error.obj is None:
        return False
    if isinstance(error.obj, ModuleType | type):
        return True
    return type(error.obj).__module__.split(".")[0] not in ("builtins", "numpy")


def origin(traceback: TracebackType | None) -> str:
    """Where a library raised: its innermost frame in a file, as ``folder/file.py:12 in f``; empty where this package
    or a call that it evaluated did."""
    told = ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        file = Path(code.co_filename)
        if file.suffix == ".md" or PACKAGE in file.parents:
            told = ""
        elif not code.co_filename.startswith("<"):  # neither a row's call nor generated code
            told = f"{'/'.join(file.parts[-2:])}:{traceback.tb_lineno} in {code.co_name}"
        traceback = traceback.tb_next
    return told


def _folded(text: str) -> str:
    return " ".join(text.split())
