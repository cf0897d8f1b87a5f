"""Starting pytest on the specification in a process of its own, wherever the command is called."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import conformance
from conformance import specification

PACKAGE = Path(conformance.__file__).resolve().parent
PLUGINS = ("conformance.plugin", "xdist.plugin")
REPORTER = "conformance.progress"
INVALID = 10  # exit code of a run whose record is not whole


@dataclass(frozen=True)
class Order:
    """What to run on each backend; `extra` are arguments for pytest as they are."""

    select: Sequence[str] = ()
    profile: str = "full"
    device: str | None = None
    dtype: str | None = None
    seed: int | None = None
    processes: str | None = None
    exit_first: bool = False
    keyword: str | None = None
    last_failed: bool = False
    verbose: bool = False
    extra: Sequence[str] = ()


def launch(order: Order, backend: str, records: Path, *, quiet: bool = False) -> int:
    """Run pytest on `backend` and return its exit code; 10 when it died.

    The record goes to `records`, the terminal report to stdout, or nowhere if `quiet`.
    """
    command = [sys.executable, "-P", "-m", "pytest", *arguments(order, backend, records)]
    process = subprocess.Popen(command, env=environment(os.environ), stdout=subprocess.DEVNULL if quiet else None)
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue  # pytest got the signal too, and ends by itself
        if code < 0:
            print(
                f"the process that ran {backend} was ended by {_signal(-code)}; what it did is recorded",
                file=sys.stderr,
            )
        return code if code >= 0 else INVALID


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def arguments(order: Order, backend: str, records: Path) -> list[str]:
    """Pytest's command line: this project's plugin and configuration, and nothing that the surroundings configure."""
    spec = specification.find()
    command = [
        "-c",
        str(PACKAGE / "command" / "pytest.ini"),
        "--rootdir",
        str(spec.parent),
        "--noconftest",
        "--no-header",
    ]
    command += ["--assert=plain", "--import-mode=importlib", "-o", f"cache_dir={cache(backend)}"]
    plugins = PLUGINS if order.verbose or order.extra else (REPORTER, *PLUGINS)
    command += [part for plugin in plugins for part in ("-p", plugin)]
    command += ["--backend", backend, "--records", str(records), "--profile", order.profile]
    command += [f"--select={glob}" for glob in order.select]
    named = {
        "--device": order.device,
        "--dtype": order.dtype,
        "--seed": order.seed,
        "-n": order.processes,
        "-k": order.keyword,
    }
    command += [part for option, value in named.items() if value is not None for part in (option, str(value))]
    command += ["-x"] * order.exit_first + ["--lf"] * order.last_failed + ["-v"] * order.verbose
    laws = sorted(str(file) for file in PACKAGE.glob("test_*.py"))
    return [*command, *order.extra, str(spec), *laws]


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables of the process, without what would bring options or plugins from outside."""
    kept = {name: value for name, value in inherited.items() if name not in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def cache(backend: str) -> Path:
    """Where pytest remembers what failed (for `--lf`): the user's cache, by working directory and backend."""
    try:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # no home
        root = Path(tempfile.gettempdir())
    digest = hashlib.sha256(f"{Path.cwd()}\n{backend}".encode()).hexdigest()[:10]
    return root / "tensor-conformance" / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', backend).strip('-')}-{digest}"
