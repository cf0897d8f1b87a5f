"""Programs that load data in interpreters of their own."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from conformance.case import Trial

ENDING = """
import multiprocessing, pickle, sys
DataLoader = pickle.loads(bytes.fromhex(sys.argv[1]))
persistent = DataLoader(range(1000), num_workers=1, timeout=60, persistent_workers=True)
one, two = iter(persistent), iter(DataLoader(range(1000), num_workers=1, timeout=60))
next(one), next(two)
print(*[process.pid for process in multiprocessing.active_children()], flush=True)
if sys.argv[2] == "wait":
    sys.stdin.read()
"""
"""Leaves loaders with workers behind: it ends, or waits to be killed."""
UNGUARDED = """
import pickle, sys
DataLoader = pickle.loads(bytes.fromhex(sys.argv[1]))
print(list(DataLoader([1, 2], num_workers=1, multiprocessing_context="spawn")))
"""
"""Lacks `if __name__ == "__main__":`."""


@contextlib.contextmanager
def program(folder: str, text: str, trial: Trial, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A program that is told of the library's loader; it does not outlive the body."""
    kind = pickle.dumps(trial.namespace.utils.data.DataLoader)
    file = Path(folder, "program.py")
    file.write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, str(file), kind.hex(), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
