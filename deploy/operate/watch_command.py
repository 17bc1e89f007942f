"""`nss watch [TOPIC…]`: what it understands."""

import asyncio
import os
import sys
from typing import Annotated, Any

import typer

from deploy.errors import CommandError

Topics = Annotated[list[str], typer.Argument(help="Names of topics or parts of them; every topic of events if none.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line; always so when stdout is no terminal.")]


def watch(  # noqa: PLR0913  one argument per option
    topics: Topics = [],  # noqa: B006  typer's way
    event_type: Annotated[str | None, typer.Option("--type", help="Part of the event type.")] = None,
    office: Annotated[str | None, typer.Option(help="Office code, or another record key.")] = None,
    number: Annotated[str | None, typer.Option(help="Receipt number.")] = None,
    since: Annotated[str | None, typer.Option(help="An instant, or how long ago: 30s, 15m, 2h, 3d.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more instead of ending.")] = False,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show business and personal fields; needs --reason.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why hidden fields are looked at; kept on nss.operation.v1.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show what happens on the topics. Business and personal fields are hidden unless revealed with a reason."""
    from deploy.operate import watch as watching
    from deploy.operate.broker import find_broker
    from deploy.operate.instants import arrival_of

    if reveal and not reason.strip():
        raise CommandError("looking at hidden fields needs a reason: --reveal --reason TEXT")
    start = None if since is None else arrival_of(since)
    selection = watching.Selection(watching.topics_named(topics), event_type, office, number, start, follow)
    as_json = as_json or not sys.stdout.isatty()
    line_of = watching.line_of if "NO_COLOR" in os.environ else watching.coloured_line_of
    form = watching.json_of if as_json else line_of

    def show(record: Any, data: Any) -> None:
        typer.echo(form(record, data))

    broker = find_broker()
    run = (
        watching.watch_revealed(broker, selection, show, reason) if reveal else watching.watch(broker, selection, show)
    )
    asyncio.run(run)
