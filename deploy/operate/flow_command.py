"""`nss lag` and `nss stalled`: what they understand."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.output import show_json
from deploy.progress import say

if TYPE_CHECKING:
    from deploy.operate.lag import PartitionLag

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def lag(
    partitions: Annotated[bool, typer.Option("--partitions", help="A line for each partition.")] = False,
    as_json: AsJson = False,
) -> None:
    """How far each group is behind: records, the age of the oldest of them in seconds, and which event that is."""
    from deploy.operate.broker import find_broker
    from deploy.operate.lag import measure_lag
    from shared.runtime.clock import SystemClock

    # The broker stamps arrivals with the real time, whatever a demo's clock says.
    found = asyncio.run(measure_lag(find_broker(), SystemClock(None).now()))
    if as_json:
        show_json([each.as_json() for each in found])
        return
    for line in _partition_lines(found) if partitions else _group_lines(found):
        typer.echo(line)


def stalled(
    since: Annotated[str, typer.Option(help="How far back to look: an instant, or 30d, 12h.")] = "400d",
    as_json: AsJson = False,
) -> None:
    """Applications whose next event is overdue. Exit code 1 when there are any."""
    from deploy.operate.broker import find_broker
    from deploy.operate.instants import arrival_of, duration
    from deploy.operate.own_records import services_clock
    from deploy.operate.stalled import find_stalled

    now = services_clock().now()
    found = asyncio.run(find_stalled(find_broker(), arrival_of(since), now))
    if as_json:
        show_json([each.as_json() for each in found])
    for each in () if as_json else found:
        for missing in each.missing:
            late = duration((now - missing.due).total_seconds())
            typer.echo(
                f"{each.receipt_number}  {each.office_code}  {each.state:<16} {late} late: {missing.words} "
                f"by {missing.by} after {missing.after}"
            )
    if found:
        say("`nss trace NUMBER` tells what came before; `nss doctor` and `nss lag` why it does not go on")
        raise typer.Exit(1)


def _group_lines(found: "Sequence[PartitionLag]") -> list[str]:
    groups: dict[str, list[PartitionLag]] = defaultdict(list)
    for each in found:
        groups[each.group].append(each)
    return [_group_line(name, own) for name, own in groups.items()]


def _group_line(name: str, own: "Sequence[PartitionLag]") -> str:
    behind = sum(each.behind for each in own)
    oldest = max(own, key=lambda each: each.oldest_seconds or 0.0)
    return f"{name:<17} {behind:>8} behind  {_oldest(oldest, f'{oldest.topic}  ')}".rstrip()


def _partition_lines(found: "Sequence[PartitionLag]") -> list[str]:
    return [
        f"{each.group:<17} {each.topic:<20} {each.partition:>3} {each.behind:>8} behind  {_oldest(each)}".rstrip()
        for each in found
    ]


def _oldest(lag: "PartitionLag", place: str = "") -> str:
    """Since when it is behind, with which event, and whether the group has ever read here."""
    if lag.oldest is None:
        return ""
    kind = (lag.oldest.event_type or "no type").removeprefix("nss.")
    unread = "" if lag.committed is not None else "  (the group has committed nothing here yet)"
    return f"for {lag.oldest.age_seconds:.0f} s  {place}{kind}  {lag.oldest.subject}{unread}"
