"""`python -m conformance.meta.broken NAME [PROFILE]` prints the status of every clause, as JSON.

NAME is a module of this package, or `sound` for the backend that the others are made from.
"""

from __future__ import annotations

import json
import sys

from conformance.backend import load
from conformance.meta.broken.sound import base
from conformance.meta.broken.sweep import standings


def main(name: str = "sound", profile: str = "quick") -> None:
    """Sweep one backend."""
    backend = base() if name == "sound" else load(f"{__package__}.{name}")
    print(json.dumps(standings(backend, profile)))


main(*sys.argv[1:])
