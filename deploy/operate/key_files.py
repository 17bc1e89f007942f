"""Keys that people make, spread and change: pairs that sign, and keys that mails are kept under."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.secret_files import private_folder, write_secret

Purpose = Literal["ticket", "staff"]
ADDRESS_KEY = "addresses.key"
ARCHIVE_KEY = re.compile(r"archive-(\d+)\.key")
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key file, whose stem is the key id, and the folder that holds its public half under that id."""

    private_key: Path
    public_keys: Path


def make_pair(purpose: Purpose, private: Path, public: Path) -> KeyPair:
    """A new Ed25519 pair under a new id. Private files are 0600; the public half is there first."""
    private_folder(private)
    private_folder(public)
    key = Ed25519PrivateKey.generate()
    name = f"{purpose}-{secrets.token_hex(4)}.pem"
    write_secret(public / name, _public_pem(key))
    write_secret(private / name, _private_pem(key))
    return KeyPair(private / name, public)


def make_mail_keys(folder: Path) -> Sequence[Path]:
    """The key that addresses are hashed with, where it is missing, and the next key that texts are sealed with.

    The last by name seals, hence the leading zeros.
    """
    private_folder(folder)
    numbers = [int(match[1]) for path in folder.iterdir() if (match := ARCHIVE_KEY.fullmatch(path.name))]
    made = [folder / f"archive-{max(numbers, default=0) + 1:04}.key"]
    if not (folder / ADDRESS_KEY).exists():
        made.insert(0, folder / ADDRESS_KEY)
    for path in made:
        write_secret(path, secrets.token_hex(KEY_BYTES))
    return made


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
