"""`nss outbox`: what waits for the relay, and publishing a lost topic again."""

from datetime import datetime
from typing import Annotated

import typer

from deploy.errors import CommandError
from deploy.output import show_json

app = typer.Typer(no_args_is_help=True, help="Events that are decided but not yet on their topics.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@app.command("list")
def show(as_json: AsJson = False) -> None:
    """How many events wait in each service's outbox, and how long the oldest has."""
    from deploy.operate.services import call, service_url
    from deploy.operate.staff_login import staff_token
    from shared.contracts.topics import SERVICES

    token = staff_token("operator")
    found = [call("GET", f"{service_url(service)}/operate/v1/outbox", token=token) for service in SERVICES]
    if as_json:
        show_json(found)
        return
    for each in found:
        typer.echo(f"{each['service']:<13} {each['waiting']:>8} waiting  {each['oldest_seconds']:>8.1f} s")


@app.command("republish")
def republish(
    topic: Annotated[str, typer.Argument(help="The topic that was lost.")],
    since: Annotated[str, typer.Option(help="From which instant on, or how long ago: 3d, 12h. Kept: seven days.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the service's log.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many, change nothing.")] = False,
) -> None:
    """Put a topic's events of the last days back into its producer's outbox, with their ids, order and bytes."""
    from deploy.operate.instants import instant_of
    from deploy.operate.own_records import services_clock
    from deploy.operate.services import call, service_url
    from deploy.operate.staff_login import staff_token
    from deploy.operate.watch import topics_named

    if not reason.strip():
        raise CommandError("this needs a reason: --reason TEXT")
    (found,) = topics_named([topic])[:1]
    producer = next((each for each in found.producers if each != "operator"), None)
    if producer is None or found.name != topic:
        raise CommandError(f"{topic}: name one topic of a service in full, such as nss.review.v1")
    start: datetime = instant_of(since, services_clock().now())
    body = {"topic": topic, "since": start.isoformat(), "reason": reason, "dry_run": dry_run}
    told = call(
        "POST", f"{service_url(producer)}/operate/v1/outbox/republish", token=staff_token("operator"), body=body
    )
    typer.echo(f"{told['events']} event(s) {'would be' if dry_run else 'will be'} published again on {topic}")
