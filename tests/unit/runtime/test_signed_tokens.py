"""Staff tokens and ID notice tickets: what they open, for whom, until when."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from shared.kernel.identifiers import OfficeCode, ReceiptNumber
from shared.runtime.notice_tickets import (
    AUDIENCE,
    InvalidNoticeTicket,
    NoticeClaims,
    sign_notice_ticket,
    verify_notice_ticket,
)
from shared.runtime.staff_tokens import (
    InvalidStaffToken,
    StaffIdentity,
    sign_staff_token,
    verify_bearer,
    verify_staff_token,
)
from tests.builders import NOW, FixedClock

CLAIMS = NoticeClaims(OfficeCode("NAC001"), OfficeCode("NAC002"), ReceiptNumber("180012A"), UUID(int=7))
OPERATOR = StaffIdentity("operator-1", ("operator", "lead"))


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A directory with private keys `ours` and `theirs`; public keys under `public`, of `ours` alone."""
    (tmp_path / "public").mkdir()
    for kid in ("ours", "theirs"):
        private = Ed25519PrivateKey.generate()
        (tmp_path / f"{kid}.pem").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        if kid == "ours":
            public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            (tmp_path / "public" / f"{kid}.pem").write_bytes(public)
    return tmp_path


def refusal(token: str, keys: Path, clock: FixedClock | None = None) -> str:
    """The code with which a ticket is refused."""
    with pytest.raises(InvalidNoticeTicket) as refused:
        verify_notice_ticket(token, keys / "public", (clock or FixedClock()).now())
    return refused.value.code


def signed(keys: Path, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A ticket signed with our key whose claims have been changed; None leaves a claim out."""
    claims = jwt.decode(sign_notice_ticket(CLAIMS, keys / "ours.pem", NOW), options={"verify_signature": False})
    kept = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    key = (keys / "ours.pem").read_bytes()
    return jwt.encode(kept, key, algorithm="EdDSA", headers={"kid": "ours", **(header or {})})


def test_ticket_opens_what_it_names_for_sixty_seconds_of_our_clock(keys: Path) -> None:
    clock = FixedClock()
    token = sign_notice_ticket(CLAIMS, keys / "ours.pem", clock.now())
    clock.advance(seconds=59)
    ticket = verify_notice_ticket(token, keys / "public", clock.now())
    clock.advance(seconds=1)

    assert ticket.claims == CLAIMS
    assert ticket.expires_at == clock.now()
    assert refusal(token, keys, clock) == "expired"


def test_ticket_changed_in_one_letter_is_forged(keys: Path) -> None:
    header, _, signature = sign_notice_ticket(CLAIMS, keys / "ours.pem", NOW).split(".")
    _, other_payload, _ = sign_notice_ticket(
        replace(CLAIMS, office_code=OfficeCode("NAC003")), keys / "ours.pem", NOW
    ).split(".")

    assert refusal(f"{header}.{other_payload}.{signature}", keys) == "forged"


def test_ticket_of_a_key_we_do_not_know_is_forged(keys: Path) -> None:
    assert refusal(sign_notice_ticket(CLAIMS, keys / "theirs.pem", NOW), keys) == "forged"


def test_ticket_of_a_stranger_who_borrows_our_key_name_is_forged(keys: Path) -> None:
    stranger = keys / "stranger"
    stranger.mkdir()
    (stranger / "ours.pem").write_bytes((keys / "theirs.pem").read_bytes())

    assert refusal(sign_notice_ticket(CLAIMS, stranger / "ours.pem", NOW), keys) == "forged"


@pytest.mark.parametrize("kid", ["../outside", "outside/../../outside", "", "ours.pem", "x" * 65])
def test_key_name_cannot_lead_out_of_the_directory(keys: Path, kid: str) -> None:
    # The right key, were it looked for there.
    (keys / "outside.pem").write_bytes((keys / "public" / "ours.pem").read_bytes())
    (keys / "public" / "outside").mkdir()

    assert refusal(signed(keys, {"kid": kid}), keys) == "forged"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_other_algorithms_are_forged(keys: Path, algorithm: str) -> None:
    # Confusing a public key with a shared secret is the classic forgery.
    secret = "" if algorithm == "none" else "a shared secret of at least thirty-two bytes"
    token = jwt.encode({"aud": AUDIENCE}, secret, algorithm=algorithm, headers={"kid": "ours"})

    assert refusal(token, keys) == "forged"


@pytest.mark.parametrize("changes", [{"aud": "/nss/intake"}, {"iss": "/nss/review"}])
def test_ticket_for_somebody_else_is_forged(keys: Path, changes: dict[str, Any]) -> None:
    assert refusal(signed(keys, **changes), keys) == "forged"


@pytest.mark.parametrize(
    "changes",
    [
        {"office_code": None},
        {"office_code": "nac001"},
        {"office_code": 7},
        {"acting_office": None},
        {"receipt_number": "180012"},
        {"receipt_number": None},
        {"jti": "seven"},
        {"jti": None},
        {"jti": 7},
        {"exp": None},
        {"exp": "tomorrow"},
    ],
)
def test_ticket_with_missing_or_strange_claims_is_malformed(keys: Path, changes: dict[str, Any]) -> None:
    assert refusal(signed(keys, **changes), keys) == "malformed"


@pytest.mark.parametrize("token", ["", "abc", "a.b.c", "..", "x" * 5000, "票.票.票"])
def test_text_that_is_no_ticket_is_malformed(keys: Path, token: str) -> None:
    assert refusal(token, keys) == "malformed"


def test_staff_token_names_who_signed_in_and_their_roles_for_fifteen_minutes(keys: Path) -> None:
    clock = FixedClock()
    token = sign_staff_token(OPERATOR, keys / "ours.pem", clock.now())
    clock.advance(minutes=14, seconds=59)

    assert verify_staff_token(token, keys / "public", clock.now()) == OPERATOR
    assert verify_bearer(f"Bearer {token}", keys / "public", clock.now()) == OPERATOR
    clock.advance(seconds=1)
    with pytest.raises(InvalidStaffToken):
        verify_staff_token(token, keys / "public", clock.now())


def test_ticket_is_no_staff_token_and_staff_token_is_no_ticket(keys: Path) -> None:
    with pytest.raises(InvalidStaffToken):
        verify_staff_token(sign_notice_ticket(CLAIMS, keys / "ours.pem", NOW), keys / "public", NOW)
    assert refusal(sign_staff_token(OPERATOR, keys / "ours.pem", NOW), keys)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "token"])
def test_header_without_a_bearer_token_is_refused(keys: Path, header: str | None) -> None:
    with pytest.raises(InvalidStaffToken):
        verify_bearer(header, keys / "public", NOW)
