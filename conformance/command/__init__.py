"""The command line: a thin door to pytest, and the readers of records.

stdout is the result, stderr the progress. A typo (clause, option, format, environment variable, key of the
configuration) is an error with a suggestion and exit status 2.
"""

from __future__ import annotations

import importlib
import os

import click

from conformance import SPECIFICATION_VERSION, __version__
from conformance.command.settings import SettingsError, check_environment, defaults
from conformance.specification import suggest

COMMANDS = {
    "list": "conformance.command.list:list_",
    "explain": "conformance.command.explain:explain",
    "backends": "conformance.command.backends:backends",
    "run": "conformance.command.run:run",
    "summary": "conformance.command.summary:summary",
    "report": "conformance.command.report:report",
    "bench": "conformance.command.bench:bench",
}

EXAMPLES = """\b
Examples
  conformance run                                   the reference, everything
  conformance run --backend mylib 'view.*'          your library, one chapter
  conformance run --backend torch --backend mylib -o run.jsonl
  conformance report run.jsonl -o report.html       one page to read and to pass on
  conformance explain view.transpose.alias          what a clause says, and how it is checked

\b
Defaults come from CONFORMANCE_BACKEND, CONFORMANCE_DEVICE, … and from [tool.conformance] in pyproject.toml:
  [tool.conformance]
  backend = ["mylib"]
"""


class Commands(click.Group):
    """Imports a command's module when the command is called; what a command needs costs the others nothing."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names, in the order in which they are met."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command called `name`."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest one."""
        if arguments and arguments[0] not in COMMANDS and not arguments[0].startswith("-"):
            context.fail(f"No such command `{arguments[0]}`{suggest(arguments[0], COMMANDS)}")
        return super().resolve_command(context, arguments)


@click.group(cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message=f"conformance %(version)s, specification {SPECIFICATION_VERSION}")
@click.pass_context
def main(context: click.Context) -> None:
    """Check a torch-like library against PyTorch's eager behaviour, clause by clause."""
    try:
        check_environment(os.environ)
        context.default_map = defaults()
    except SettingsError as error:
        context.fail(str(error))
