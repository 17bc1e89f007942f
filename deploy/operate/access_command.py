"""`nss access`: the rights of every principal on the broker, from the registry."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from deploy.output import show_json
from deploy.progress import say

app = typer.Typer(no_args_is_help=True, help="Who may do what on the broker.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]


@app.command("list")
def list_access(as_json: AsJson = False) -> None:
    """What each principal is to have; asks no broker."""
    from deploy.operate.topic_access import wanted_rights

    rights = sorted(wanted_rights(""))
    if as_json:
        show_json([asdict(right) for right in rights])
        return
    for right in rights:
        typer.echo(right.as_text())


@app.command("apply")
def apply(dry_run: DryRun = False) -> None:
    """Give what is missing and take back what our principals have beyond the registry; `nss topics diff` compares."""
    from deploy.operate.access import apply_access, plan_access
    from deploy.operate.broker import find_broker
    from shared.runtime.kafka import client_options

    broker = find_broker()
    act = plan_access if dry_run else apply_access
    lines = asyncio.run(act(client_options(broker), broker.topic_prefix)).lines()
    for line in lines:
        typer.echo(line)
    say(f"{len(lines)} change(s){' would be made' if dry_run and lines else ''}")
