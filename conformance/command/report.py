"""`conformance report`: records as one page of HTML."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import specification
from conformance.command.summary import read_all
from conformance.report import render

EXAMPLES = """\b
Examples
  conformance report run.jsonl                                 writes report.html
  conformance report torch.jsonl mylib.jsonl -o compare.html   backends side by side

\b
Every clause has an address: report.html#view.transpose.alias
"""


@click.command(epilog=EXAMPLES, short_help="Write records as one page of HTML.")
@click.argument("files", metavar="RUN.JSONL...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="report.html",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the page; - for stdout.",
)
def report(files: tuple[Path, ...], output: Path) -> None:
    """Write one HTML page that shows every run in FILES, down to the checks of a clause.

    The page opens from disk, asks no network for anything, and needs no JavaScript.
    """
    html = render(read_all(files), specification.load())
    if str(output) == "-":
        click.echo(html)
        return
    try:
        output.write_text(html, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from None
    click.echo(f"{output} ({len(html.encode()) / 1e6:.1f} MB)", err=True)
