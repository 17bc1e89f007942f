"""ID notice tickets: what intake hands the browser so that provisioning shows one office's ID notice, once, for 60 s.

Whoever verifies must burn `jti` in its own database: a ticket opens one page one time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID

from shared.kernel.identifiers import InvalidIdentifier, OfficeCode, ReceiptNumber, parse_office_code
from shared.kernel.identifiers import parse_receipt_number as parse_receipt
from shared.runtime import signed_tokens

TICKET_LIFETIME = timedelta(seconds=60)
TICKET_FIELD = "ticket"
"""The form field that carries the ticket."""
ISSUER = "/nss/intake"
AUDIENCE = "/nss/provisioning/id-notice"
CLAIMS = ("acting_office", "office_code", "receipt_number", "jti")

TicketFault = Literal["expired", "forged", "malformed"]


class InvalidNoticeTicket(ValueError):
    """The ticket opens nothing; `code` says why: expired, forged or malformed."""

    def __init__(self, code: TicketFault) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class NoticeClaims:
    """What a ticket is about: who asks (`acting_office`), and for whose application. `jti` is a fresh UUID."""

    acting_office: OfficeCode
    office_code: OfficeCode
    receipt_number: ReceiptNumber
    jti: UUID


@dataclass(frozen=True, slots=True)
class NoticeTicket:
    """A verified ticket; `expires_at` is how long its jti must stay burnt."""

    claims: NoticeClaims
    expires_at: datetime


def sign_notice_ticket(claims: NoticeClaims, private_key_file: Path, now: datetime) -> str:
    """A ticket valid for 60 s from `now`; the key file's stem is its kid."""
    payload = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "acting_office": claims.acting_office,
        "office_code": claims.office_code,
        "receipt_number": claims.receipt_number,
        "jti": str(claims.jti),
        "exp": int((now + TICKET_LIFETIME).timestamp()),
    }
    return signed_tokens.sign(payload, private_key_file)


def verify_notice_ticket(token: str, public_keys_dir: Path, now: datetime) -> NoticeTicket:
    """The ticket, if its signature, audience and time hold. Raises InvalidNoticeTicket."""
    try:
        payload = signed_tokens.verify(
            token, public_keys_dir, audience=AUDIENCE, issuer=ISSUER, required=CLAIMS, now=now
        )
        claims = NoticeClaims(
            parse_office_code(payload["acting_office"]),
            parse_office_code(payload["office_code"]),
            parse_receipt(payload["receipt_number"]),
            UUID(payload["jti"]),
        )
    except signed_tokens.ExpiredToken as error:
        raise InvalidNoticeTicket("expired") from error
    except signed_tokens.ForgedToken as error:
        raise InvalidNoticeTicket("forged") from error
    except (signed_tokens.MalformedToken, InvalidIdentifier, ValueError, TypeError, AttributeError) as error:
        raise InvalidNoticeTicket("malformed") from error
    return NoticeTicket(claims, datetime.fromtimestamp(payload["exp"], UTC))
