"""The computed parts of deploy/SCALING.md: `python -m deploy.scaling.render` writes them anew, a test compares them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.scaling.model import ASSUMPTIONS, FACTORS, Costs, ceilings, needs, read_measured

PAGE = Path(__file__).resolve().parents[1] / "SCALING.md"


def rendered_page() -> str:
    """The whole page with its computed parts as of now."""
    measured, page = read_measured(), PAGE.read_text(encoding="utf-8")
    for name, text in (("debezium", debezium(measured["cdc"])), ("volume", volume(measured))):
        begin, end = f"<!-- computed: {name} -->\n", "<!-- end of what is computed -->"
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}{text}\n{end}{rest.partition(end)[2]}"
    return page


def debezium(cdc: Mapping[str, Any]) -> str:
    """Both sides of the comparison, line by line."""
    how = f"Interleaved rounds: {cdc['rounds']}; medians, in brackets lowest and highest. `{cdc['command']}`"
    lines = [f"Measured on {cdc['machine']} {how}\n", "| | relay | Debezium |", "|---|---|---|"]
    for name, what in COMPARED.items():
        sides = [cdc[side][name] for side in ("relay", "debezium")]
        lines.append(_row(what, [_spread(*side) for side in sides]))
    return "\n".join(lines)


COMPARED = {
    "drain_per_second": "a backlog of 20,000 events: events per second",
    "cpu_us_per_event": "processor time of one of them, µs",
    "single_p50_ms": "one event, commit to consumer, p50, ms",
    "single_p99_ms": "p99, ms",
    "resident_mib": "memory, MiB",
    "idle_cpu_percent": "idle, percent of a core",
    "resumed_after_kill_s": "kill -9 and new start until the first new event, s",
    "repeated_after_kill": "events sent twice by that",
}


def volume(measured: Mapping[str, Any]) -> str:
    """Figures, needs and ceilings."""
    costs = Costs(measured)
    return "\n".join([*_figures(measured), *_needs(costs), *_ceilings(costs), *_assumed()])


def _figures(measured: Mapping[str, Any]) -> Iterator[str]:
    costs = measured["costs"]
    batches, people, singles = costs["batches"], costs["people"], costs["singles"]
    yield f"Measured on {measured['machine']} Commands: `{costs['command']}`, `{measured['cdc']['command']}`.\n"
    yield "| one application, milliseconds of a core | " + " | ".join(batches["cpu_ms_per_application"]) + " |"
    yield "|---|" + "---|" * len(batches["cpu_ms_per_application"])
    yield _row("workers in batches, passwords hashed, no mail server", batches["cpu_ms_per_application"].values())
    told = [people["cpu_ms_per_application"].get(name, "–") for name in batches["cpu_ms_per_application"]]
    yield _row("everything, people at the pages", told)
    yield "\n| one application leaves | " + " | ".join(batches["kept_bytes_per_application"]) + " |"
    yield "|---|" + "---|" * len(batches["kept_bytes_per_application"])
    yield _row("bytes that stay in its database", batches["kept_bytes_per_application"].values())
    yield _row("bytes in outbox and archive, for seven days", batches["passing_bytes_per_application"].values())
    yield _row("events it publishes", batches["events_per_application"].values())
    topics = ", ".join(f"{name} {size}" for name, size in batches["topic_bytes_per_application"].items())
    yield f"\nBytes of one application in one copy of each topic: {topics}. Mails: {batches['mails_per_application']}."
    yield (
        f"One post at intake's API {singles['cpu_ms_per_post']} ms and {singles['database_cpu_ms_per_post']} ms of the"
        f" database; one password hash {singles['cpu_ms_per_hash']} ms; one mail {singles['cpu_ms_per_mail']} ms;"
        f" one event relayed {measured['cdc']['relay']['cpu_us_per_event'][0] / 1000:.3f} ms."
    )


def _needs(costs: Costs) -> Iterator[str]:
    yield "\n| needed at | today | " + " | ".join(f"{factor:,}×" for factor in FACTORS[1:]) + " |"
    yield "|---|" + "---|" * len(FACTORS)
    for need in needs(costs):
        yield _row(need.what, need.at)


def _ceilings(costs: Costs) -> Iterator[str]:
    yield "\n| gives way at | what | then |"
    yield "|---|---|---|"
    for ceiling in ceilings(costs):
        yield f"| {_times(ceiling.factor)} | {ceiling.what} | {ceiling.remedy} |"


def _assumed() -> Iterator[str]:
    yield (
        "\nAssumed, because nobody has measured it: "
        + "; ".join(f"{each.value:g} {each.why}" for each in ASSUMPTIONS)
        + "."
    )


def _spread(median: float, lowest: float, highest: float) -> str:
    return f"{median:,g}" if lowest == highest else f"{median:,g} ({lowest:,g} – {highest:,g})"


def _row(name: str, cells: Any) -> str:
    return f"| {name} | " + " | ".join(f"{cell}" for cell in cells) + " |"


def _times(factor: float) -> str:
    return f"{float(f'{factor:.2g}'):,.0f}×" if factor >= 10 else f"{factor:.1f}×"


if __name__ == "__main__":
    PAGE.write_text(rendered_page(), encoding="utf-8")
