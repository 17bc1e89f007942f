"""Child processes that outlive the command: started detached, known by pid and start time, never mistaken."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from deploy.errors import StackError

POLL_SECONDS = 0.05
STARTED_WITHIN_SECONDS = 1.0
"""Two readings of one process's start time may differ by the clock's own correction, never by this much."""

_started_here: "dict[int, subprocess.Popen[bytes]]" = {}


@dataclass(frozen=True, slots=True)
class Part:
    """One running part of a stack. A pid alone could be somebody else's by now; the start time tells them apart."""

    name: str
    pid: int
    started: float
    log: str

    def as_json(self) -> dict[str, Any]:
        """For the state file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """From the state file."""
        return cls(str(data["name"]), int(data["pid"]), float(data["started"]), str(data["log"]))


def start_detached(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    user: pwd.struct_passwd | None = None,
) -> Part:
    """Start a process in a session of its own, its output appended to the log. Raises StackError if it cannot start."""
    log.parent.mkdir(parents=True, exist_ok=True)
    as_user: dict[str, Any] = {}
    if user is not None:
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  the commands are the stack's own
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=dict(environment) if environment is not None else None,
                start_new_session=True,
                **as_user,
            )
    except OSError as error:
        raise StackError(f"{name} could not be started: {error}") from error
    _started_here[process.pid] = process
    return Part(name, process.pid, _start_time(process.pid), str(log))


def _start_time(pid: int) -> float:
    with suppress(psutil.Error):
        return float(psutil.Process(pid).create_time())
    return 0.0


def is_running(part: Part) -> bool:
    """Whether this very process still runs; a zombie and a stranger with the same pid do not count."""
    child = _started_here.get(part.pid)
    if child is not None and child.poll() is not None:
        return False
    try:
        process = psutil.Process(part.pid)
        same = abs(process.create_time() - part.started) < STARTED_WITHIN_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def signal_part(part: Part, number: signal.Signals) -> None:
    """Send a signal to this very process; nothing happens if it has gone."""
    if is_running(part):
        with suppress(ProcessLookupError):
            os.kill(part.pid, number)


def kill_part(part: Part) -> None:
    """End the process and its children at once, as a power cut would, and wait until they have gone."""
    if not is_running(part):
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(part.pid)
        family = [process, *process.children(recursive=True)]
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=10)
    _await_end(part, 10.0)


def stop_part(part: Part, *, number: signal.Signals = signal.SIGTERM, patience_seconds: float = 10.0) -> bool:
    """Ask the process to end, kill it when it does not in time; whether it ended by itself."""
    signal_part(part, number)
    if _await_end(part, patience_seconds):
        return True
    kill_part(part)
    return False


def _await_end(part: Part, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(part):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    _started_here.pop(part.pid, None)
    return True


def exit_code(part: Part, *, seconds: float) -> int:
    """Wait for a process started here that ends by itself; how it ended."""
    process = _started_here.pop(part.pid)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def wait_until_ready(
    part: Part, is_ready: Callable[[], bool], *, seconds: float, why_not: Callable[[], str] = lambda: ""
) -> None:
    """Poll until the part answers. Raises StackError, naming the part and its log, if it ends or takes too long.

    `why_not` asks the part for its reason once the time is up.
    """
    deadline = time.monotonic() + seconds
    while not is_ready():
        if not is_running(part):
            raise StackError(crash_report(part))
        if time.monotonic() > deadline:
            reason = why_not()
            told = f" ({reason})" if reason else ""
            raise StackError(f"{part.name} was not ready within {seconds:.0f} s{told}; its log: {part.log}")
        time.sleep(POLL_SECONDS)


def crash_report(part: Part) -> str:
    """One line: which part ended, its last words and where its log is."""
    words = last_line(Path(part.log))
    return f"{part.name} has ended{': ' + words if words else ''} (log: {part.log})"


def last_line(log: Path, *, longest: int = 300) -> str:
    """The last line of a log that says something, shortened; frames of a stack trace say nothing."""
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(log.stat().st_size - 8192, 0))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
        telling = [line for line in lines if line and not line.startswith(("at ", "... "))]
        return telling[-1][:longest] if telling else ""
    return ""
