"""`nss lag` and `nss stalled`: what they understand."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.output import show_json

if TYPE_CHECKING:
    from deploy.operate.lag import PartitionLag

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def lag(
    partitions: Annotated[bool, typer.Option("--partitions", help="A line for each partition.")] = False,
    as_json: AsJson = False,
) -> None:
    """How far each service is behind: records, and seconds since the oldest of them arrived."""
    from deploy.operate.broker import find_broker
    from deploy.operate.lag import measure_lag
    from shared.runtime.clock import SystemClock

    # The broker stamps arrivals with the real time, whatever a demo's clock says.
    found = asyncio.run(measure_lag(find_broker(), SystemClock(None).now()))
    if as_json:
        show_json([each.as_json() for each in found])
        return
    for line in _partition_lines(found) if partitions else _service_lines(found):
        typer.echo(line)


def stalled(
    since: Annotated[str, typer.Option(help="How far back to look: an instant, or 30d, 12h.")] = "400d",
    as_json: AsJson = False,
) -> None:
    """Applications whose next event is overdue. Exit code 1 when there are any."""
    from deploy.operate.broker import find_broker
    from deploy.operate.instants import instant_of
    from deploy.operate.own_records import services_clock
    from deploy.operate.stalled import find_stalled

    now = services_clock().now()
    found = asyncio.run(find_stalled(find_broker(), instant_of(since, now), now))
    if as_json:
        show_json([each.as_json() for each in found])
    for each in () if as_json else found:
        for missing in each.missing:
            expected = " or ".join(missing.expected)
            late = f"{(now - missing.due).total_seconds():.0f} s late"
            typer.echo(
                f"{each.receipt_number}  {each.office_code}  {each.state:<16} {expected} after {missing.after}, {late}"
            )
    if found:
        raise typer.Exit(1)


def _service_lines(found: "Sequence[PartitionLag]") -> list[str]:
    services: dict[str, list[PartitionLag]] = defaultdict(list)
    for each in found:
        services[each.service].append(each)
    return [_line(service, own) for service, own in services.items()]


def _line(name: str, own: "Sequence[PartitionLag]") -> str:
    oldest = max((each.oldest_seconds or 0.0 for each in own), default=0.0)
    return f"{name:<13} {sum(each.behind for each in own):>8} records  {oldest:>8.1f} s"


def _partition_lines(found: "Sequence[PartitionLag]") -> list[str]:
    return [
        f"{each.service:<13} {each.topic:<24} {each.partition:>3} {each.behind:>8} records"
        f"  {each.oldest_seconds or 0.0:>8.1f} s"
        for each in found
    ]
