"""Choosing clauses on the command line, the same in every command that does."""

from __future__ import annotations

from collections.abc import Sequence

import click

from conformance import specification
from conformance.document import Clause, SpecificationError
from conformance.specification import SelectionError

profile_option = click.option(
    "--profile",
    metavar="P",
    default="full",
    envvar="CONFORMANCE_PROFILE",
    show_default=True,
    help="core, full, quick, a chapter or a capability.",
)


def choose(select: Sequence[str], profile: str) -> list[Clause]:
    """The clauses that `select` chooses from `profile`.

    Raises:
        click.UsageError: a selector or the profile names nothing, or the specification is malformed.
    """
    try:
        return specification.load().select(select, profile)
    except (SelectionError, SpecificationError) as error:
        raise click.UsageError(str(error)) from None
