"""`conformance run`: run clauses on backends."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from _pytest.mark.expression import Expression

from conformance import record
from conformance.backend import installed
from conformance.command.launch import INVALID, Order, launch
from conformance.command.selection import choose, profile_option
from conformance.command.settings import DEFAULT_BACKEND
from conformance.score import verdict
from conformance.specification import suggest
from conformance.summary import print_pretty, summarize

BROKEN_OFF = 2  # by the user

EXAMPLES = """\b
Examples
  conformance run                                    the reference, every clause
  conformance run --backend mylib                    a library that is imported like torch
  conformance run --backend tests/adapter.py         an adapter in a file
  conformance run --backend mylib 'view.*' '!view.strided.*' -n 2
  conformance run --backend mylib --lf -x            what failed last time; stop at the first failure
  conformance run --backend torch --backend mylib -o run.jsonl
  conformance run --backend mylib view.transpose.alias -- --pdb

\b
SELECT is a glob over clause ids; !glob takes clauses away; @requires:complex chooses by capability.
Exit status: pytest's, the worst of all backends (0 everything held, 1 something did not, 2 broken off or a wrong
command line, 3 to 5 pytest's own); 10 when a record is incomplete.
"""


class Run(click.Command):
    """Takes what follows `--` as arguments for pytest."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Part the command line at `--`."""
        mine = args[: args.index("--")] if "--" in args else args
        context.meta["pytest"] = args[len(mine) + 1 :]
        return super().parse_args(context, mine)


@click.command(cls=Run, epilog=EXAMPLES, short_help="Run clauses on backends.", options_metavar="[OPTIONS]")
@click.argument("select", metavar="[SELECT]... [-- PYTEST ARGUMENTS]", nargs=-1)
@click.option("--backend", "backends", metavar="B", multiple=True, envvar="CONFORMANCE_BACKEND", help="What to test.")
@click.option("--device", metavar="D", envvar="CONFORMANCE_DEVICE", help="Only this device, or type of device.")
@click.option("--dtype", metavar="T", envvar="CONFORMANCE_DTYPE", help="Only cases of this dtype, in laws.")
@profile_option
@click.option("--seed", metavar="N", type=int, envvar="CONFORMANCE_SEED", help="Seed of the random inputs.")
@click.option("-n", "--processes", metavar="N", help="Share the work among N processes.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Keep the record."
)
@click.option("-x", "--exitfirst", "exit_first", is_flag=True, help="Stop a backend at its first failure.")
@click.option("-k", "keyword", metavar="EXPR", help="Only items whose name fits, as in pytest.")
@click.option("--lf", "--last-failed", "last_failed", is_flag=True, help="Only what failed in the last run.")
@click.option("-v", "--verbose", is_flag=True, help="pytest's own report: every item, and every failure in full.")
@click.pass_context
def run(context: click.Context, /, backends: tuple[str, ...], output: Path | None, **options: object) -> None:
    """Run clauses on one or more backends, and sum up."""
    order = Order(**options, extra=tuple(context.meta["pytest"]))  # type: ignore[arg-type]
    check(order)
    chosen = tuple(dict.fromkeys(backends)) or (DEFAULT_BACKEND,)
    for backend in chosen:
        check_backend(backend)
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        kept = output or Path(folder, "run.jsonl")
        sys.exit(_run(order, chosen, kept))


def check(order: Order) -> None:
    """Refuse a selection that names nothing, before any backend is loaded.

    Raises:
        click.UsageError: it does.
    """
    if not choose(order.select, order.profile):
        raise click.UsageError(f"the profile `{order.profile}` has none of the clauses {' '.join(order.select)}")
    if order.keyword:
        try:
            Expression.compile(order.keyword)
        except SyntaxError as error:
            words = "names joined by and, or, not"
            raise click.UsageError(f"-k takes {words}, not `{order.keyword}`: {error}") from None


def check_backend(name: str) -> None:
    """Refuse a bare word that is neither an adapter nor a module; other forms are pytest's to load.

    Raises:
        click.UsageError: it is neither.
    """
    known = [entry.name for entry in installed()]
    if name in known or not name.isidentifier() or Path(f"{name}.py").is_file() or Path(name).is_dir():
        return
    if importlib.util.find_spec(name) is None:
        forms = f" (there is {', '.join(known)}; a module that can be imported; or path/adapter.py)"
        raise click.UsageError(f"no backend or module is called `{name}`{suggest(name, known) or forms}")


def _run(order: Order, backends: Sequence[str], output: Path) -> int:
    """Every backend in turn, its record added to `output` as it ends; then the summary and the worst exit code."""
    if not output.parent.is_dir():
        raise click.UsageError(f"there is no directory {output.parent}")
    part = output.with_name(f"{output.name}.part")
    codes: list[int] = []
    runs: list[record.Run] = []
    for backend in backends:
        click.echo(f"conformance of {backend}", err=True)
        part.unlink(missing_ok=True)
        codes.append(launch(order, backend, part))
        if part.is_file():
            add(part, output, first=not runs)
            runs += record.read(part)
            part.unlink()
        if codes[-1] == BROKEN_OFF:
            break
    if runs:
        print_pretty(summarize(runs))
    return max(codes) or _doubt(runs)


def add(part: Path, output: Path, *, first: bool) -> None:
    """Add the lines of `part` to `output`, replacing it if `first`; a line that was cut off stays a line of its own."""
    lines = part.read_bytes()
    with output.open("wb" if first else "ab") as file:
        file.write(lines if lines.endswith(b"\n") or not lines else lines + b"\n")


def _doubt(runs: Sequence[record.Run]) -> int:
    """What pytest does not see: 10 for a record that is not whole, 1 where nothing was checked."""
    verdicts = {verdict(one) for one in runs}
    if "incomplete" in verdicts or not runs:
        return INVALID
    return 1 if "nothing checked" in verdicts else 0
