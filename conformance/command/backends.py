"""`conformance backends`: adapters that are installed, and what they say of themselves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import click
import msgspec

from conformance.backend import installed
from conformance.command.settings import Word
from conformance.summary import printable

TIMEOUT = 120
PROBE = """
import json, sys, warnings
warnings.simplefilter("ignore")
from conformance.backend import load
backend = load(sys.argv[1])
print("\\n" + json.dumps({"version": str(backend.version), "devices": list(backend.devices),
    "accelerator": backend.accelerator, "lacks": dict(backend.lacks)}))
"""

EXAMPLES = """\b
Examples
  conformance backends                     what is installed
  conformance backends mylib               a library that is imported like torch
  conformance backends tests/adapter.py --check

\b
A package offers a backend by an entry point of the group conformance.backends:
  [project.entry-points."conformance.backends"]
  mylib = "mylib.conformance:backend"

\b
Exit status: 0; with --check, 1 when a backend cannot be loaded.
"""


class Finding(msgspec.Struct, frozen=True):
    """What one backend said, or why it could not be loaded."""

    name: str
    version: str = ""
    devices: tuple[str, ...] = ()
    accelerator: str | None = None
    lacks: dict[str, str] = {}
    problem: str = ""


@click.command(epilog=EXAMPLES, short_help="Show backends, and what they lack.")
@click.argument("names", metavar="[BACKEND]...", nargs=-1)
@click.option("--check", is_flag=True, help="Fail when one of them cannot be loaded.")
@click.option("--format", "style", type=Word(("pretty", "json")), default="pretty", show_default=True, help="or json.")
def backends(names: tuple[str, ...], check: bool, style: str) -> None:
    """Show backends (all that are installed by default): version, devices, and what they lack.

    Each is loaded in a process of its own, so that a broken one does no harm.
    """
    chosen = names or tuple(entry.name for entry in installed())
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = list(pool.map(probe, chosen))
    if style == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        _print(found)
    if check and any(one.problem for one in found):
        sys.exit(1)


def probe(name: str) -> Finding:
    """Load the backend `name` in a process of its own and return what it says."""
    command = [sys.executable, "-P", "-c", PROBE, name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return Finding(name, problem=f"not loaded after {TIMEOUT} seconds")
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"the process ended with status {done.returncode}"]
        return Finding(name, problem=told[-1].removeprefix("conformance.backend.BackendError: "))
    return msgspec.convert({"name": name, **msgspec.json.decode(done.stdout.splitlines()[-1])}, Finding)


def _print(found: Sequence[Finding]) -> None:
    name_width = max((len(one.name) for one in found), default=0)
    version_width = max((len(one.version) for one in found), default=0)
    for one in found:
        click.secho(f"{printable(one.name):<{name_width}}", bold=True, nl=False)
        if one.problem:
            click.secho(f"  {printable(one.problem)}", fg="red")
            continue
        click.echo(printable(f"  {one.version:<{version_width}}  {', '.join(one.devices)}"))
        for capability, reason in one.lacks.items():
            click.echo(printable(f"{'':<{name_width}}  lacks {capability}: {reason}"))
