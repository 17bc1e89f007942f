"""Keys of a local stack: pairs for ID notice tickets and staff tokens, and what mails are kept under; made once."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.secret_files import private_folder, write_secret


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key file, whose stem is the key id, and the folder that holds its public half under that id."""

    private_key: Path
    public_keys: Path


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
    """What notifier hashes addresses and seals texts with."""
    private_folder(folder)
    for name in ("addresses.key", "archive-1.key"):
        if not (folder / name).exists():
            write_secret(folder / name, secrets.token_hex(32))
    return folder


def _ensure_pair(folder: Path, purpose: str) -> KeyPair:
    private, public = private_folder(folder / purpose), private_folder(folder / f"{purpose}-public")
    for existing in private.glob("*.pem"):
        if (public / existing.name).exists():
            return KeyPair(existing, public)
    key = Ed25519PrivateKey.generate()
    name = f"{purpose}-{secrets.token_hex(4)}.pem"
    write_secret(public / name, _public_pem(key))
    write_secret(private / name, _private_pem(key))
    return KeyPair(private / name, public)


def _private_pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_pem(key: Ed25519PrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
