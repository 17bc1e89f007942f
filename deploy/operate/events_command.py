"""`nss events`: what it understands."""

import asyncio
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Invented events for tests of consumers.")


@app.command("fake")
def fake(
    stories: Annotated[list[str], typer.Argument(help="Names of stories, played in turn; all of them if none.")] = [],  # noqa: B006  typer's way
    count: Annotated[int, typer.Option(help="How many applications.")] = 1,
    office: Annotated[str | None, typer.Option(help="Office code; the stories' own by default.")] = None,
    duplicates: Annotated[bool, typer.Option("--duplicates", help="Every record again, at once and later.")] = False,
    unknown_fields: Annotated[
        bool,
        typer.Option("--unknown-fields", help="As later releases may write: more fields, more types, null headers."),
    ] = False,
    lines: Annotated[bool, typer.Option("--lines", help="Print one JSON object a record, send nothing.")] = False,
) -> None:
    """Play whole applications in order, onto topics under your own prefix (NSS_TOPIC_PREFIX) or as lines of JSON."""
    from deploy.operate import fake_events
    from deploy.operate.broker import find_broker

    plan = fake_events.plan(stories, count, office, duplicates=duplicates, unknown_fields=unknown_fields)
    if lines:
        for record in plan.records():
            typer.echo(fake_events.line_of(record))
        return
    typer.echo(f"{asyncio.run(fake_events.play(find_broker(), plan))} records written")
