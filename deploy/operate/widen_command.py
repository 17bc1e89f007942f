"""`nss topics widen`: more partitions, online, in order."""

import asyncio
from typing import Annotated

import typer

from deploy.progress import say


def widen(
    topic: Annotated[str, typer.Argument(help="As in the registry: nss.review.v1.")],
    partitions: Annotated[int | None, typer.Option(help="How many; what the registry declares if none.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")] = False,
) -> None:
    """Give a topic more partitions while its producer rests. Exit code 4 while any of its events is on its way.

    Stop the producer's workers first and start them afterwards; pages go on meanwhile. See deploy/SCALING.md.
    """
    from deploy.operate.broker import find_broker
    from deploy.operate.widening import check_widening, topic_called
    from deploy.operate.widening import widen as change

    found = topic_called(topic)
    act = check_widening if dry_run else change
    done = asyncio.run(act(find_broker(), found, partitions or found.partitions))
    typer.echo(f"{done.topic}: {done.before} -> {done.after} partitions{' (not done)' if dry_run else ''}")
    say(f"start the workers of {' and '.join(found.producers)} again, then restart the readers or give them 5 minutes")
