"""`nss trace NUMBER`: what it understands."""

import asyncio
from typing import Annotated

import typer

from deploy.errors import CommandError
from deploy.output import show_json
from shared.kernel.identifiers import InvalidIdentifier, parse_receipt_number

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def trace(
    number: Annotated[str, typer.Argument(help="Receipt number, such as 260001A.")], as_json: AsJson = False
) -> None:
    """Tell the story of one application from the topics alone, with what is missing and since when."""
    from deploy.operate import story as stories
    from deploy.operate.broker import find_broker
    from deploy.operate.own_records import services_clock

    try:
        receipt_number = parse_receipt_number(number)
    except InvalidIdentifier as error:
        raise CommandError(f"{number} is no receipt number") from error
    story = asyncio.run(stories.read_story(find_broker(), receipt_number, services_clock().now()))
    if as_json:
        show_json(story.as_json())
        return
    for line in stories.lines_of(story):
        typer.echo(line)
