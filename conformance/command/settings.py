"""Defaults from outside the command line: environment variables, then `[tool.conformance]` of pyproject.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from conformance.specification import suggest

KEYS = ("backend", "device", "dtype", "profile", "seed")
PREFIX = "CONFORMANCE_"
VARIABLES = tuple(PREFIX + key.upper() for key in KEYS)
DEFAULT_BACKEND = "reference"


class SettingsError(ValueError):
    """A variable or key that nobody reads, with a suggestion."""


class Word(click.Choice[str]):
    """One word of a few; a wrong one gets a suggestion."""

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> str:
        """Return the word, or fail."""
        if value not in self.choices:
            near = suggest(str(value), self.choices) or f" (there is {', '.join(self.choices)})"
            self.fail(f"`{value}` is not known{near}", param, context)
        return str(value)


def check_environment(environment: Mapping[str, str]) -> None:
    """Refuse a `CONFORMANCE_*` variable that means nothing.

    Raises:
        SettingsError: there is one.
    """
    for name in environment:
        if name.startswith(PREFIX) and name not in VARIABLES:
            known = suggest(name, VARIABLES) or f" (there is {', '.join(VARIABLES)})"
            raise SettingsError(f"the environment variable {name} means nothing here{known}")


def project(start: Path | None = None) -> dict[str, Any]:
    """`[tool.conformance]` of the nearest pyproject.toml above `start` (the working directory by default).

    Raises:
        SettingsError: the file is no TOML, or a key is unknown.
    """
    folder = (start or Path.cwd()).resolve()
    for file in (place / "pyproject.toml" for place in (folder, *folder.parents)):
        if file.is_file():
            return _table(file)
    return {}


def _table(file: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("conformance", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from None
    for key in found:
        if key not in KEYS:
            known = suggest(key, KEYS) or f" (there is {', '.join(KEYS)})"
            raise SettingsError(f"{file}: [tool.conformance] has no key `{key}`{known}")
    return dict(found)


def defaults() -> dict[str, Any]:
    """Click's default map: what each command takes from the project's table."""
    table = project()
    if isinstance(table.get("backend"), str):
        table["backend"] = [table["backend"]]
    run = {"backends" if key == "backend" else key: value for key, value in table.items()}
    return {"run": run, "bench": {key: run[key] for key in ("backends", "device") if key in run}}
