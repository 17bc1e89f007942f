"""Signatures by the Standard Webhooks specification: id, time and body under HMAC-SHA256, told in three headers."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105  a mark, not a secret
SECRET_BYTES = 32


def secret_text(secret: bytes) -> str:
    """A secret as its receiver types it in: `whsec_` and base64."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(message_id: str, body: bytes, secrets: Sequence[bytes], now: datetime) -> Mapping[str, str]:
    """The headers of one attempt, signed with every secret that is in force, the newest first."""
    timestamp = str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = [base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
