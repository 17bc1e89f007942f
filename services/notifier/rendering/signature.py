"""DKIM (RFC 6376), where an installation's mail server does not sign by itself."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dkim  # type: ignore[import-untyped]
from dkim.crypto import UnparsableKeyError, parse_pem_private_key  # type: ignore[import-untyped]

ALGORITHM = b"rsa-sha256"
SIGNED_HEADERS = (
    b"from", b"to", b"subject", b"date", b"message-id", b"references", b"auto-submitted", b"content-language",
    b"mime-version", b"content-type", b"content-transfer-encoding",
)  # fmt: skip


class InvalidSigningKey(ValueError):
    """The key file cannot sign; the message names it."""


@dataclass(frozen=True, slots=True)
class DkimSigner:
    """Signs as `selector._domainkey.<domain>`. The same mail gets the same signature, so that its bytes repeat."""

    domain: str
    selector: str
    private_key: Any

    def sign(self, message: bytes, at: datetime) -> bytes:
        """The message with its signature before it, dated `at`."""
        signer = dkim.DKIM(message)
        policy = dkim.CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
        signer.hasher = dkim.HASH_ALGORITHMS[ALGORITHM]
        body_hash = signer.hasher(policy.canonicalize_body(signer.body)).digest()
        # The library's own `sign` writes the time of signing, which would make every copy another mail.
        fields = [
            (b"v", b"1"), (b"a", ALGORITHM), (b"c", policy.to_c_value()), (b"d", self.domain.encode()),
            (b"s", self.selector.encode()), (b"t", str(int(at.timestamp())).encode()),
            (b"h", b" : ".join(SIGNED_HEADERS)), (b"bh", b64encode(body_hash)), (b"b", b"0" * 60),
        ]  # fmt: skip
        header: bytes = signer.gen_header(fields, SIGNED_HEADERS, policy, b"DKIM-Signature", self.private_key)
        return b"DKIM-Signature: " + header + message


def open_signer(domain: str, selector: str, key_file: Path) -> DkimSigner:
    """A signer with the RSA key (PEM) in the file. Raises InvalidSigningKey."""
    try:
        return DkimSigner(domain, selector, parse_pem_private_key(key_file.read_bytes()))
    except (OSError, UnparsableKeyError) as error:
        raise InvalidSigningKey(f"{key_file} holds no RSA key in PEM form") from error
