"""Keys of a local stack: pairs for ID notice tickets and staff tokens, and what mails are kept under; made once."""

from dataclasses import dataclass
from pathlib import Path

from deploy.local.secret_files import private_folder
from deploy.operate.key_files import ADDRESS_KEY, KeyPair, Purpose, make_mail_keys, make_pair


@dataclass(frozen=True, slots=True)
class StackKeys:
    """Every key of the stack, and the folder for the day keys that provisioning makes itself."""

    ticket: KeyPair
    staff: KeyPair
    days: Path
    mails: Path


def ensure_keys(folder: Path) -> StackKeys:
    """The stack's keys, made now if they are missing. Private files are 0600, folders 0700."""
    private_folder(folder)
    return StackKeys(
        ticket=_ensure_pair(folder, "ticket"),
        staff=_ensure_pair(folder, "staff"),
        days=private_folder(folder / "days"),
        mails=_ensure_mail_keys(folder / "mails"),
    )


def _ensure_mail_keys(folder: Path) -> Path:
    if not (folder / ADDRESS_KEY).exists():
        make_mail_keys(folder)
    return folder


def _ensure_pair(folder: Path, purpose: Purpose) -> KeyPair:
    private, public = folder / purpose, folder / f"{purpose}-public"
    for existing in private.glob("*.pem"):
        if (public / existing.name).exists():
            return KeyPair(existing, public)
    return make_pair(purpose, private, public)
