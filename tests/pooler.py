"""PgBouncer between the services of a stack and their databases, set up as deploy/SCALING.md says."""

import csv
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from deploy.local import processes
from deploy.local.ports import LOOPBACK, choose_ports, is_free
from deploy.local.postgres import wheel_programs
from deploy.local.stack import LocalStack
from shared.contracts.topics import SERVICES, ServiceName

SETTINGS = Path(__file__).resolve().parents[1] / "deploy" / "pgbouncer" / "pgbouncer.ini"
OLDEST = (1, 21)
ADMINISTRATOR = "postgres"
UNPRIVILEGED = "nobody"
"""PgBouncer refuses to run as root."""
FEW_CONNECTIONS = 3
"""Per database, so that the services' own pools of ten have to share them."""


@dataclass(frozen=True, slots=True)
class Pooler:
    """A running PgBouncer."""

    stack: LocalStack
    port: int

    def url(self, service: ServiceName) -> str:
        """The service's own login, through the pooler."""
        place = urlsplit(self.stack.state.databases[service].app_url)
        return urlunsplit(place._replace(netloc=f"{place.username}:{place.password}@{LOOPBACK}:{self.port}"))

    def ask(self, question: str) -> Sequence[Mapping[str, str]]:
        """`show servers` and its like, which a driver with prepared statements cannot ask."""
        place, psql = urlsplit(self.stack.state.postgres_dsn), str(wheel_programs() / "psql")
        where = ["--host", LOOPBACK, "--port", str(self.port), "--username", ADMINISTRATOR, "pgbouncer"]
        told = subprocess.run(
            [psql, "--no-psqlrc", "--csv", "--command", question, *where],
            capture_output=True, text=True, check=True, env={**os.environ, "PGPASSWORD": place.password or ""},
        )  # fmt: skip
        return list(csv.DictReader(told.stdout.splitlines()))


@contextmanager
def pooled(stack: LocalStack) -> Iterator[Pooler]:
    """A pooler in front of the stack's databases; skips the test where PgBouncer is missing or too old."""
    command, folder = program(), stack.directory.parent / "pooler"
    port = choose_ports(["pooler"])["pooler"]
    folder.mkdir()
    (folder / "logins").write_text(_logins(stack))
    (folder / "pgbouncer.ini").write_text(_settings(stack, folder, port))
    account = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
    if account:
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.pw_uid, account.pw_gid)
    part = processes.start_detached(
        "pooler", [command, str(folder / "pgbouncer.ini")], log=folder / "log", cwd=folder, user=account
    )
    try:
        processes.wait_until_ready(part, lambda: not is_free(port), seconds=10)
        yield Pooler(stack, port)
    finally:
        processes.stop_part(part)


def program() -> str:
    """PgBouncer new enough to keep prepared statements; skips the test where there is none."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout if found else ""
    version = re.search(r"PgBouncer (\d+)\.(\d+)", told)
    if not found or not version or (int(version[1]), int(version[2])) < OLDEST:
        pytest.skip("pgbouncer 1.21 or newer is missing (Debian 13: apt-get install pgbouncer)")
    return found


def _logins(stack: LocalStack) -> str:
    urls = [stack.state.postgres_dsn, *(stack.state.databases[service].app_url for service in SERVICES)]
    return "".join(f'"{urlsplit(url).username}" "{urlsplit(url).password}"\n' for url in urls)


def _settings(stack: LocalStack, folder: Path, port: int) -> str:
    server = urlsplit(stack.state.postgres_dsn)
    names = [urlsplit(stack.state.databases[service].app_url).path.lstrip("/") for service in SERVICES]
    databases = "".join(f"{name} = host={server.hostname} port={server.port} dbname={name}\n" for name in names)
    here = {
        "listen_addr": LOOPBACK,
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_file": str(folder / "logins"),
        "default_pool_size": str(FEW_CONNECTIONS),
        "admin_users": ADMINISTRATOR,
    }
    told = "".join(f"{name} = {value}\n" for name, value in here.items())
    return f"[databases]\n{databases}\n{SETTINGS.read_text()}{told}"
