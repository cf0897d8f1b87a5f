"""The report: one HTML file that shows runs side by side, down to the checks of a single clause.

It opens from disk, asks no network for anything, and its first page works without JavaScript. Whatever a backend said
is untrusted text: every string is escaped, and the page's content policy admits its own script and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

from conformance.record import Run
from conformance.report.page import Page, page
from conformance.specification import Specification

MARKDOWN = MarkdownIt("commonmark", {"html": False})


def render(runs: Sequence[Run], specification: Specification) -> str:
    """The HTML of the report on `runs`; the texts of clauses come from `specification`."""
    return _environment().get_template("page.html").render(page=page(runs, specification), **_assets())


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("conformance.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    return environment


def prose(text: str) -> Markup:
    """A clause's text with its Markdown spans as markup; HTML inside it stays text."""
    return Markup(MARKDOWN.renderInline(text))


def _assets() -> dict[str, Markup | str]:
    """Style and script as they stand in the page, and the hash by which its content policy admits the script."""
    folder = files("conformance.report") / "templates"
    style = (folder / "page.css").read_text(encoding="utf-8").strip()
    script = (folder / "page.js").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"style": Markup(style), "script": Markup(script), "script_hash": f"sha256-{digest}"}


__all__ = ["Page", "render"]
