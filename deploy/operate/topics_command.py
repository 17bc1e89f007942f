"""`nss topics`: how the registry's topics stand on the broker, making what is missing, and what a reset would do."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.errors import Differs, Refused
from deploy.output import show_json
from deploy.progress import say

if TYPE_CHECKING:
    from deploy.operate.topics import TopicLayout
    from shared.runtime.settings import KafkaSettings

app = typer.Typer(no_args_is_help=True, help="Topics on the broker.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]


@app.command("create")
def create(dry_run: DryRun = False) -> None:
    """Make the topics that are missing; existing ones are compared, never changed."""
    from deploy.operate.broker import find_broker
    from deploy.operate.topics import compare_topics, create_topics
    from shared.runtime.kafka import client_options

    broker = find_broker()
    act = compare_topics if dry_run else create_topics
    for finding in asyncio.run(act(client_options(broker), _layout(broker))):
        made = "would be created" if dry_run else "created"
        typer.echo(f"{finding.name}: {made if finding.condition == 'missing' else finding.condition}")
        for difference in finding.differences:
            say(f"  {finding.name}: {difference}")


@app.command("list")
def list_topics(as_json: AsJson = False) -> None:
    """Every topic of the registry and how it stands on the broker."""
    from deploy.operate.broker import find_broker
    from deploy.operate.topics import compare_topics
    from shared.runtime.kafka import client_options

    broker = find_broker()
    findings = asyncio.run(compare_topics(client_options(broker), _layout(broker)))
    if as_json:
        show_json([finding.as_json() for finding in findings])
        return
    for finding in findings:
        typer.echo(f"{finding.name:<36} {'; '.join([finding.condition, *finding.differences])}")


@app.command("diff")
def diff(as_json: AsJson = False) -> None:
    """What is not as declared: topics, partitions, settings, access, and what nobody declared. Exit code 7 for any."""
    from deploy.operate.broker import find_broker
    from deploy.operate.topic_differences import compare_with_broker
    from shared.runtime.kafka import client_options

    broker = find_broker()
    found = asyncio.run(compare_with_broker(client_options(broker), _layout(broker)))
    if as_json:
        show_json(found.as_json())
    else:
        for line in (*found.topics, *found.access):
            typer.echo(line)
    if found.differs:
        raise Differs(found.summary())
    say(found.summary())


@app.command("replay-check")
def replay_check(
    group: Annotated[str, typer.Argument(help="A service, or its group as the broker knows it: nss.notifier.")],
    since: Annotated[str | None, typer.Option(help="Reset to here, an instant or 30d; the beginning if none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what would follow if the group's offsets were set back. Exit code 4 where mails or IDs could follow.

    Nothing is reset here. Do that with the broker's own tool (kafka-consumer-groups.sh --reset-offsets), after a yes.
    """
    from deploy.operate import replay_check as replays
    from deploy.operate.broker import find_broker
    from deploy.operate.instants import arrival_of

    broker = find_broker()
    service = replays.service_of(group, broker.topic_prefix)
    start = None if since is None else arrival_of(since)
    found = asyncio.run(replays.check_replay(broker, service, start, replays.ask_service(service)))
    if as_json:
        show_json(found.as_json())
    else:
        for line in replays.lines_of(found):
            typer.echo(line)
    if not found.is_harmless:
        raise Refused(
            f"do not set {found.group} back: {service} has forgotten {found.new} of these events and would handle them "
            "as new. Its database was emptied or restored from a backup: see «Setting offsets back» in the runbook"
        )


def _layout(broker: "KafkaSettings") -> "TopicLayout":
    from deploy.operate.topics import TopicLayout

    return TopicLayout(broker.topic_prefix, broker.replication_factor, broker.min_insync_replicas)
