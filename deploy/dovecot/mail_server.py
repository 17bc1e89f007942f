"""Dovecot's configuration for one place, out of the two files beside this one, and Dovecot as a child process."""

import os
import poplib
import pwd
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import unquote, urlsplit

from deploy.errors import StackError
from deploy.local import processes
from deploy.local.ports import LOOPBACK
from deploy.local.processes import Part
from deploy.local.secret_files import write_secret

HERE = Path(__file__).parent
TEMPLATES = ("dovecot.conf", "dovecot-sql.conf.ext", "dovecot-sql-refused.conf.ext")
NAME = "dovecot"
READY_SECONDS = 20.0
ANSWER_SECONDS = 5.0
MAIL_ACCOUNT = "nobody"
"""Owns the mails where Dovecot runs as root: it refuses to handle mail as root."""
PROGRAM_PLACES = ("/usr/sbin/dovecot", "/usr/local/sbin/dovecot")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificate and private key as PEM files. With them Dovecot refuses passwords in clear text."""

    certificate: Path
    private_key: Path


@dataclass(frozen=True, slots=True)
class MailServer:
    """One Dovecot: its folder, its port and the login it reads provisioning's view with."""

    directory: Path
    port: int
    database_url: str
    tls: TlsFiles | None = None
    other_accounts: Path | None = None
    """A passwd-file of mailboxes that are older than the ledger; the ledger refuses those that have ended."""

    def configure(self) -> Path:
        """Write the configuration and the passfile; the path of the configuration. The password is in the passfile."""
        for folder in (self.directory, self.directory / "state", self.mails):
            folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        places = self._places()
        for name in TEMPLATES:
            text = Template((HERE / name).read_text()).substitute(places)
            (self.directory / name).write_text(text)
        self._write_passfile()
        return self.directory / "dovecot.conf"

    def start(self) -> Part:
        """Configure, start and wait until it greets. Raises StackError with the log's path."""
        configuration = self.configure()
        if os.geteuid() == 0:
            account = pwd.getpwnam(MAIL_ACCOUNT)
            os.chown(self.mails, account.pw_uid, account.pw_gid)
        log = self.directory / "dovecot.log"
        part = processes.start_detached(
            NAME,
            [program(), "-F", "-c", str(configuration)],
            log=log,
            cwd=self.directory,
            environment={"PATH": os.defpath},
        )
        processes.wait_until_ready(part, self._greets, seconds=READY_SECONDS)
        return part

    @property
    def mails(self) -> Path:
        """The folder of the maildirs, one per mailbox ID."""
        return self.directory / "mails"

    def _places(self) -> Mapping[str, str]:
        database = urlsplit(self.database_url)
        root = os.geteuid() == 0
        user = pwd.getpwuid(os.geteuid())
        mail = pwd.getpwnam(MAIL_ACCOUNT) if root else user
        return {
            "listen": LOOPBACK if self.tls is None else "*, ::",
            "directory": str(self.directory),
            "mail_directory": str(self.mails),
            "mail_user": str(mail.pw_uid),
            "mail_group": str(mail.pw_gid),
            "port": str(self.port if self.tls is None else 0),
            "tls_port": str(self.port if self.tls is not None else 0),
            "tls": _tls_lines(self.tls),
            "other_accounts": _other_passdb(self.other_accounts),
            # Without root there is nobody else to become, and no folder to be locked into.
            "internal_user": "dovecot" if root else user.pw_name,
            "login_user": "dovenull" if root else user.pw_name,
            "chroot": "login" if root else "",
            "database_host": database.hostname or LOOPBACK,
            "database_port": str(database.port or 5432),
            "database_name": database.path.lstrip("/"),
            "database_user": unquote(database.username or ""),
            "database_tls": "prefer",
            "passfile": str(self._passfile),
        }

    @property
    def _passfile(self) -> Path:
        return self.directory / "passfile"

    def _write_passfile(self) -> None:
        database = urlsplit(self.database_url)
        login = unquote(database.username or "")
        write_secret(self._passfile, f"*:*:*:{login}:{unquote(database.password or '')}\n")
        if os.geteuid() == 0:
            account = pwd.getpwnam("dovecot")
            os.chown(self._passfile, account.pw_uid, account.pw_gid)

    def _greets(self) -> bool:
        try:
            poplib.POP3(LOOPBACK, self.port, timeout=ANSWER_SECONDS).quit()
        except (OSError, poplib.error_proto, EOFError):
            return False
        return True


def program() -> str:
    """Dovecot's master program. Raises StackError where it is not installed."""
    found = shutil.which(NAME) or next((place for place in PROGRAM_PLACES if Path(place).exists()), None)
    if found is None:
        raise StackError("Dovecot is missing (Debian: apt-get install dovecot-pop3d dovecot-pgsql)")
    return found


def _other_passdb(file: Path | None) -> str:
    return "" if file is None else f"passdb {{\n  driver = passwd-file\n  args = {file}\n}}"


def _tls_lines(tls: TlsFiles | None) -> str:
    if tls is None:
        return "ssl = no\ndisable_plaintext_auth = no"
    return f"ssl = required\nssl_cert = <{tls.certificate}\nssl_key = <{tls.private_key}\nssl_min_protocol = TLSv1.2"
