"""`nss demo`: a stack of its own, the manual's case told on it, and what is left for the viewer."""

import asyncio
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx2

from deploy.errors import CommandError
from deploy.local.demo.album import Album
from deploy.local.demo.demo_clock import DemoClock
from deploy.local.demo.manual_case import first_day, plan_story
from deploy.local.demo.report import collect, make_report, prepare_output, write_output
from deploy.local.demo.sample_data import sample_schedule
from deploy.local.demo.story import Story, tell
from deploy.local.first_data import load_first_data
from deploy.local.lifecycle import tell as tell_addresses
from deploy.local.ports import ports_from_environment
from deploy.local.stack import ROOT, LocalStack, Outside
from deploy.progress import say, step
from shared.runtime.clock import SystemClock

DIRECTORY = ROOT / ".local" / "demo"
STACK_FILES = frozenset({"stack.json", "lock", "log", "kafka", "postgres", "keys", "mails", "clock-offset"})


def play(*, headless: bool, output: Path | None, directory: Path | None = None) -> None:
    """Play the demo. Raises CommandError; whatever goes wrong, nothing is left running then."""
    _refuse_foreign_folder(directory)
    if output is not None:
        prepare_output(output)
    album, started = Album(), time.monotonic()
    stack = _own_stack(directory or DIRECTORY)
    with _stopped_unless_finished(stack):
        with album.step("wipe", f"an empty stack in {stack.directory}"):
            stack.wipe()
        story = _prepare(stack, album)
        asyncio.run(tell(story))
        if output is not None:
            _leave_output(story, stack, output)
    say("")
    say(f"{story.receipt_number}: from form to mailbox; the demo took {time.monotonic() - started:.1f} s")
    if headless:
        with step(f"stopping the stack in {stack.directory}"):
            stack.down()
    else:
        _tell_where_to_look(story, stack)


def _refuse_foreign_folder(directory: Path | None) -> None:
    """The stack's folder is emptied: one that holds anything else is not ours to empty. Raises CommandError."""
    if directory is None or not directory.exists():
        return
    strangers = sorted(path.name for path in directory.iterdir() if path.name not in STACK_FILES)
    if strangers:
        raise CommandError(f"{directory} holds other files ({strangers[0]}): name a new folder, or one of a stack")


def _own_stack(directory: Path) -> LocalStack:
    """The demo's stack; on servers that were given, under names of its own."""
    outside = Outside.from_environment()
    mark = secrets.token_hex(3)
    return LocalStack(
        directory,
        outside=outside,
        topic_prefix=f"demo-{mark}." if outside.kafka_bootstrap else "",
        database_prefix=f"nss_demo_{mark}" if outside.postgres_dsn else "nss",
        given_ports=ports_from_environment(),
    )


def _prepare(stack: LocalStack, album: Album) -> Story:
    """The clock set to the first day, everything started, the office and the schedule known."""
    clock = DemoClock(stack.directory / "clock-offset")
    applied_on = first_day(SystemClock().now())
    days = [date.fromisoformat(row["registration_date"]) for row in sample_schedule(applied_on)["registration_days"]]
    plan = plan_story(applied_on, days)
    say(f"      the services' clock will begin at {plan.applied_at:%Y-%m-%d %H:%M}")
    with album.timed("stack"):
        stack.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        clock.set_forward(plan.applied_at)
        stack.up()
    with album.timed("first_data"):
        load_first_data(stack)
    return Story(stack.state, clock, plan, album)


def _leave_output(story: Story, stack: LocalStack, output: Path) -> None:
    # The report's seconds are the story's; writing it down is not part of it.
    seconds = dict(story.album.seconds)
    with step(f"report, events, mails, pages and pictures in {output}"):
        findings = asyncio.run(collect(story.state))
        report = make_report(findings, story.receipt_number, seconds)
        write_output(output, report, findings, story.album, stack.directory / "mails")


@contextmanager
def _stopped_unless_finished(stack: LocalStack) -> Iterator[None]:
    """Stop everything when the demo is interrupted or fails; a signal to end counts as an interruption."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except BaseException as problem:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        with step("stopping what was started"):
            _await_starting_threads()
            stack.down()
        say(f"      logs: {stack.directory / 'log'}")
        if isinstance(problem, httpx2.HTTPError):
            raise CommandError(f"a service did not answer ({type(problem).__name__})") from problem
        raise


def _await_starting_threads() -> None:
    """An interruption ends the main thread alone: what others are starting now must be known before it is stopped."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()


def _tell_where_to_look(story: Story, stack: LocalStack) -> None:
    urls = story.state.urls
    tell_addresses(story.state)
    say(f"  the application   {urls['intake']}/applications/{story.receipt_number}")
    say(f"  logs              {stack.directory / 'log'}")
    if stack.directory != DIRECTORY:
        say(f"  this stack lies elsewhere: nss down --directory {stack.directory}")
