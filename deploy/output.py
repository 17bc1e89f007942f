"""Data on stdout, for programs and pipes; talk goes to stderr (`deploy.progress`)."""

import json
from typing import Any

import typer


def show_json(data: Any) -> None:
    """One indented JSON document, Japanese as it is."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
