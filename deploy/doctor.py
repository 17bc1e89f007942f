"""What `nss doctor` finds: what this machine has and lacks for the local stack and the tests, and how to get it."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from deploy.errors import StackError
from deploy.local import jars, kafka, postgres
from deploy.local.java import find_java
from services.intake.documents import FontsMissing, find_fonts

ROOT = Path(__file__).resolve().parents[1]
OLDEST_PYTHON = (3, 11)
FREE_GIB = 2
TEST_TOOLS: Mapping[str, tuple[str, ...]] = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "dovecot-pop3d": ("/usr/lib/dovecot/pop3",),
    "dovecot-pgsql": ("/usr/lib/dovecot/modules/auth/libdriver_pgsql.so",),
    "postfix": ("postfix", "/usr/sbin/postfix"),
    "pgbouncer": ("pgbouncer", "/usr/sbin/pgbouncer"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. What only some tests need is not `required`; `next_step` says where to go on."""

    what: str
    fine: bool
    told: str
    required: bool = True
    kind: Literal["machine", "service"] = "machine"
    next_step: str = ""

    @property
    def word(self) -> str:
        """How it stands in front of the line."""
        if self.fine:
            return "ok"
        if self.kind == "service":
            return "WRONG"
        return "MISSING" if self.required else "absent"

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def examine() -> Sequence[Finding]:
    """Look at everything; nothing is changed or downloaded."""
    return [
        _python(),
        _look("Java", _java),
        _look("Kafka's jars", _jars),
        _look("PostgreSQL", _postgres),
        _look("fonts of documents", _fonts),
        _disk(),
        *_outside(),
        *look_for_test_tools(),
    ]


def _look(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except StackError as error:
        return Finding(what, False, str(error))


def _python() -> Finding:
    version = ".".join(str(number) for number in sys.version_info[:3])
    return Finding("Python", sys.version_info >= OLDEST_PYTHON, f"{version} (3.11 or newer is needed)")


def _java() -> str:
    if os.environ.get("NSS_KAFKA_BOOTSTRAP"):
        return "not needed: NSS_KAFKA_BOOTSTRAP is set"
    java = find_java()
    return f"{java.version} at {java.executable}"


def _jars() -> str:
    if os.environ.get("NSS_KAFKA_BOOTSTRAP"):
        return "not needed: NSS_KAFKA_BOOTSTRAP is set"
    missing = jars.missing_jars(jars.read_lock(jars.LOCK), jars.repository_folder())
    if missing:
        return f"{len(missing)} are to be fetched at the first `nss up`, which needs a network"
    return f"all there and as locked, in {jars.repository_folder()}"


def _postgres() -> str:
    if os.environ.get("NSS_POSTGRES_DSN"):
        return "not needed: NSS_POSTGRES_DSN is set"
    return f"programs at {postgres.wheel_programs()}"


def _fonts() -> str:
    try:
        return ", ".join(find_fonts(None).families)
    except FontsMissing as missing:
        raise StackError(str(missing)) from None


def _disk() -> Finding:
    free = shutil.disk_usage(ROOT).free / 2**30
    return Finding("disk", free >= FREE_GIB, f"{free:.1f} GiB free ({FREE_GIB} are needed)")


def _outside() -> Iterator[Finding]:
    """Servers that were given are asked whether they are there."""
    bootstrap = os.environ.get("NSS_KAFKA_BOOTSTRAP")
    if bootstrap:
        host, _, port = bootstrap.split(",")[0].rpartition(":")
        there = port.isdigit() and kafka.answers(host, int(port))
        told = "answers" if there else "does not answer: check NSS_KAFKA_BOOTSTRAP, or unset it to use a broker of ours"
        yield Finding(f"Kafka at {bootstrap}", there, told)


def look_for_test_tools() -> Iterator[Finding]:
    """Programs that some tests drive; a test without its program is skipped and says so."""
    for tool, names in TEST_TOOLS.items():
        found = next((path for name in names if (path := _path_of(name))), None)
        how = f"missing; some tests are skipped without it (Debian: apt-get install {tool})"
        yield Finding(tool, found is not None, found or how, required=False)


def _path_of(name: str) -> str | None:
    """A program on the path, or a file at its full path: a loadable module is no program."""
    return shutil.which(name) or (name if Path(name).is_file() else None)
