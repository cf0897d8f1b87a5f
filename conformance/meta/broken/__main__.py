"""`python -m conformance.meta.broken NAME [PROFILE]` prints the status of every clause, as JSON.

NAME is a module of this package, or `sound` for the backend that the others are made from. Without a NAME the process
reads requests, `NAME PROFILE FILE` a line, and answers each with a line once the statuses stand in FILE. What every
sweep needs (the specification, its compiled statements, the laws) is made once, by a first sweep of the sound backend;
each request is then a fork of that process, so that one broken backend does not meet another.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

from conformance.backend import load
from conformance.meta.broken.sound import base
from conformance.meta.broken.sweep import standings


def main(name: str, profile: str = "quick") -> None:
    """Sweep one backend."""
    print(sweep(name, profile))


def sweep(name: str, profile: str) -> str:
    """Clause → status, as JSON."""
    backend = base() if name == "sound" else load(f"{__package__}.{name}")
    return json.dumps(standings(backend, profile))


def serve() -> None:
    """Answer every line of standard input with the exit status of the fork that swept what it asks for."""
    sweep("sound", "quick")
    gc.collect()
    gc.freeze()  # what the forks share is not walked again, nor copied
    for request in sys.stdin:
        child = os.fork()
        if child == 0:
            answer(*request.split())
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def answer(name: str, profile: str, file: str) -> None:
    """Sweep in a fork, and end it."""
    try:
        Path(file).write_text(sweep(name, profile), encoding="utf-8")
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


if sys.argv[1:]:
    main(*sys.argv[1:])
else:
    serve()
