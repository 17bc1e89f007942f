"""`nss hooks …`: receivers of web hooks: add them, look what became of their posts, pause, replay, rotate, test."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from deploy.errors import CommandError
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from deploy.output import show_json
from deploy.progress import say

app = typer.Typer(no_args_is_help=True, help="Web hooks: events for systems without Kafka, posted by notifier.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]
Name = Annotated[str, typer.Argument(help="The hook's name.")]


@app.command("list")
def list_hooks(as_json: AsJson = False) -> None:
    """Every receiver: its state, what waits for it and since when, what was delivered and what failed."""
    answer = _get("hooks")
    if as_json:
        show_json(answer["hooks"])
        return
    for hook in answer["hooks"]:
        typer.echo(_hook_line(hook))


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A short name: small letters, digits, hyphens.")],
    url: Annotated[str, typer.Argument(help="Where to post; https.")],
    reason: Reason,
    event_type: Annotated[list[str], typer.Option("--type", help="Event type, whole; every type if none.")] = [],  # noqa: B006  typer's way
    office: Annotated[list[str], typer.Option(help="Office code; every office if none.")] = [],  # noqa: B006
    data_class: Annotated[
        str, typer.Option("--sees", help="public, business or personal: fields of stricter classes are left out.")
    ] = "public",
    dry_run: DryRun = False,
) -> None:
    """Post events to a new receiver from now on. Its secret is printed this once."""
    body = {"name": name, "url": url, "event_types": event_type, "office_codes": office, "data_class": data_class,
            "reason": reason, "dry_run": dry_run}  # fmt: skip
    answer = call("POST", f"{service_url('notifier')}/operate/v1/hooks", token=staff_token("operator"), body=body)
    if not answer["added"]:
        typer.echo(f"{name} would be added")
        return
    say(f"{name} is added; give the receiver this secret, which is not shown again:")
    typer.echo(answer["secret"])


@app.command("pause")
def pause(name: Name, reason: Reason, dry_run: DryRun = False) -> None:
    """Post nothing to it for now; events are queued on, at most as long as the log is kept."""
    _told(name, "paused", _change(name, "pause", reason, dry_run=dry_run))


@app.command("resume")
def resume(name: Name, reason: Reason, dry_run: DryRun = False) -> None:
    """Post to it again: at once, and with a full day for everything that waits."""
    _told(name, "resumed", _change(name, "resume", reason, dry_run=dry_run))


@app.command("remove")
def remove(name: Name, reason: Reason, dry_run: DryRun = False) -> None:
    """Forget the receiver, its secrets and what waits for it."""
    _told(name, "removed", _change(name, "remove", reason, dry_run=dry_run))


@app.command("replay")
def replay(
    name: Name,
    since: Annotated[str, typer.Option(help="From this arrival on: an instant, or how long ago: 15m, 2h, 3d.")],
    reason: Reason,
    dry_run: DryRun = False,
) -> None:
    """Post everything since then once more, in order, with the ids it had: a receiver passes over what it knows."""
    from deploy.operate.instants import arrival_of

    start = arrival_of(since)
    if _change(name, "replay", reason, dry_run=dry_run, since=start.isoformat())["done"]:
        typer.echo(f"{name} is being replayed from {start:%Y-%m-%d %H:%M:%S%z} on; `nss hooks log {name}` shows it")
    else:
        typer.echo(f"{name} would be replayed from {start:%Y-%m-%d %H:%M:%S%z} on")


@app.command("rotate")
def rotate(
    name: Name,
    reason: Reason,
    overlap_hours: Annotated[float, typer.Option(help="How long the old secret signs beside the new one.")] = 24.0,
    dry_run: DryRun = False,
) -> None:
    """Make a new secret, printed this once; until the overlap is over every post carries both signatures."""
    answer = _change(name, "rotate", reason, dry_run=dry_run, overlap_hours=overlap_hours)
    _told(name, "rotated", answer)
    if "secret" in answer:
        typer.echo(answer["secret"])


@app.command("test")
def try_out(name: Name, reason: Reason, dry_run: DryRun = False) -> None:
    """Post an event of type nss.hook.test at once and say what the receiver answered. Exit code 1 if not 2xx."""
    answer = _change(name, "test", reason, dry_run=dry_run)
    outcome = answer["outcome"]
    status = f" {answer['status_code']}" if answer.get("status_code") else ""
    took = f" in {answer['milliseconds']} ms" if "milliseconds" in answer else ""
    typer.echo(f"{name}: {outcome}{status}{took}")
    if outcome not in ("delivered", "not sent"):
        raise CommandError(f"{name} did not take the test: {MEANINGS.get(outcome, outcome)}")


@app.command("log")
def log(
    name: Name,
    state: Annotated[str | None, typer.Option(help="queued, sending, delivered or failed.")] = None,
    attempts: Annotated[bool, typer.Option("--attempts", help="Every attempt as well.")] = False,
    most: Annotated[int, typer.Option("--limit", help="How many posts at most, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """What became of its posts, the newest first."""
    posts = _log(name, state, most)
    if as_json:
        show_json(posts)
        return
    for post in posts:
        typer.echo(_post_line(post))
        for tried in post["attempts_made"] if attempts else ():
            answered = tried["status_code"] or tried["outcome"]
            typer.echo(f"{'':<22}{tried['ended_at'][:19]}Z  {answered} in {tried['milliseconds']} ms")


MEANINGS = {
    "forbidden": "its name leads to an address that is not public; NSS_NOTIFIER_HOOK_PRIVATE_ADDRESSES allows those",
    "timeout": "no status within the time limit",
    "unreachable": "no connection, or no valid certificate",
    "refused": "its status is no success; redirects are not followed",
    "gone": "it answers 410: whoever runs it wants no more",
}


def _log(name: str, state: str | None, most: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before: int | None = None
    while len(found) < most:
        query = {key: value for key, value in (("state", state), ("before", before)) if value is not None}
        page = _get(f"hooks/{quote(name, safe='')}/log?{urlencode(query)}")
        for post in page["posts"]:
            made = [each for each in page["attempts"] if each["delivery_id"] == post["delivery_id"]]
            found.append({**post, "attempts_made": made})
        before = page["next"]
        if before is None:
            break
    return found[:most]


def _hook_line(hook: Mapping[str, Any]) -> str:
    waiting = f"{hook['waiting']} waiting"
    if hook["oldest_waiting"]:
        waiting += f" since {hook['oldest_waiting'][:19]}Z"
    because = f" ({hook['paused_because']})" if hook["paused_because"] else ""
    trouble = f", {hook['failures']} failures in a row" if hook["failures"] else ""
    return (
        f"{hook['name']:<20} {hook['state']}{because:<10} sees {hook['data_class']:<9} {waiting}, "
        f"{hook['delivered']} delivered, {hook['failed']} failed{trouble}  {hook['url']}"
    )


def _post_line(post: Mapping[str, Any]) -> str:
    answered = post["status_code"] or post["outcome"] or ""
    when = post["ended_at"] or post["due_at"] or post["queued_at"]
    word = "next" if post["state"] == "queued" else "at"
    kind = post["event_type"].removeprefix("nss.")
    return (
        f"{post['queued_at'][:19]}Z  {post['subject']:<8} {kind:<36} {post['state']:<10} {answered} "
        f"after {post['attempts']} attempt(s), {word} {when[:19]}Z"
    )


def _told(name: str, done: str, answer: Mapping[str, Any]) -> None:
    more = [f"{answer[key]} {key}" for key in ("waiting", "dropped") if key in answer]
    typer.echo(f"{name} {'is ' if answer['done'] else 'would be '}{done}{': ' if more else ''}{', '.join(more)}")


def _change(name: str, word: str, reason: str, *, dry_run: bool, **more: Any) -> Mapping[str, Any]:
    url = f"{service_url('notifier')}/operate/v1/hooks/{quote(name, safe='')}/{word}"
    return call("POST", url, token=staff_token("operator"), body={"reason": reason, "dry_run": dry_run, **more})


def _get(path: str) -> Mapping[str, Any]:
    return call("GET", f"{service_url('notifier')}/operate/v1/{path}", token=staff_token("operator"))
