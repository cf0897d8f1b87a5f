"""`conformance summary`: what records say, in one table."""

from __future__ import annotations

from pathlib import Path

import click

from conformance import record
from conformance.command.settings import Word
from conformance.summary import FORMATS, as_json, as_markdown, print_pretty, summarize

EXAMPLES = """\b
Examples
  conformance summary run.jsonl
  conformance summary torch.jsonl mylib.jsonl --format md      for a pull request
  conformance summary run.jsonl --format json | jq .runs[0].score

\b
A clause conforms when every item of it passes; percentages are rounded down; an incomplete run has no score.
Exit status: 0; 2 for a file that is no record. Whether a backend conforms is told by `conformance run`.
"""


@click.command(epilog=EXAMPLES, short_help="Sum up records.")
@click.argument("files", metavar="RUN.JSONL...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "style", type=Word(FORMATS), default="pretty", show_default=True, help="pretty, json or md.")
def summary(files: tuple[Path, ...], style: str) -> None:
    """Sum up records: chapters, statuses, scores and verdicts of every run in FILES."""
    found = summarize(read_all(files))
    if style == "pretty":
        print_pretty(found)
    else:
        click.echo(as_json(found) if style == "json" else as_markdown(found))


def read_all(files: tuple[Path, ...]) -> list[record.Run]:
    """Every run of every file.

    Raises:
        click.UsageError: a file is missing or no record.
    """
    try:
        return [run for file in files for run in record.read(file)]
    except record.RecordError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from None
