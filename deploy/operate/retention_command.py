"""`nss retention`: what is kept where, how long, and what ends it."""

from typing import Annotated

import typer

from deploy.output import show_json


def retention(as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False) -> None:
    """What is kept where and how long: topics, and each service's database with the job that ends it."""
    from deploy.catalogue.retention import kept_facts

    facts = kept_facts()
    if as_json:
        show_json([kept.as_json() for kept in facts])
        return
    for kept in facts:
        ended = f" ({', '.join(part for part in (kept.job, kept.setting) if part)})" if kept.job else ""
        typer.echo(f"{kept.place:<24} {kept.what}: {kept.how_long}{ended}")
