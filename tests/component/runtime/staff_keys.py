"""Keys for staff tokens of tests."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def key_pair(folder: Path, name: str) -> Path:
    """A private key file; its public half stands in `public/`."""
    key = Ed25519PrivateKey.generate()
    (folder / "public").mkdir(parents=True, exist_ok=True)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (folder / "public" / f"{name}.pem").write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
    private = folder / f"{name}.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    private.chmod(0o600)
    return private
