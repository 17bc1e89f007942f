"""Mails as bytes: a deterministic form, and nothing that can be smuggled into a header."""

import email
import email.policy
import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.addresses import ADDR_SPEC, UnsafeAddress, checked_address
from services.notifier.labels import SENDER_NAME
from services.notifier.rendering import (
    Envelope,
    InvalidSigningKey,
    build_message,
    open_signer,
)
from shared.contracts.notifier_events import Mail
from tests.unit.notifier.sample import NOW, PRESS, claimed, sample

ENVELOPE = Envelope("nss@naccs.example", "hanako@naccs.example", "<abc@naccs.example>", "application.260001A", NOW)
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "X-Auto-Response-Suppress",
    "Content-Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip
SMUGGLED = ("\r\nBcc: x@evil.example", "\nBcc: x@evil.example", "\r\n\r\nbody", "\0", "\u2028Bcc: x", "\x0bX: y", "\r")
HOSTILE_ADDRESSES = [
    "a@b.example\r\nBcc: c@d.example", '"a,b"@c.example', "a b@c.example", "a@b@c.example", "a@", "@b.example",
    "a@b.example,c@d.example", "<a@b.example>", "あ@b.example", "a@b.example\n", "", "a..b@c.example", ".a@b.example",
    "a.@b.example", "a@-b.example", "a@b-.example", "a@b..example", "a@[127.0.0.1]", "a@b.example>", "a@b.example (c)",
    "a:b@c.example;", "group:a@b.example;", "a\\@b.example", "a@b.example\\", "a@b_c.example", "a@b.example ",
    " a@b.example", "a\t@b.example", "a@b.example\x00", "a@exa\u00admple.example", "\uff41@b.example", "a@b。example",
    f"{'a' * 65}@b.example", f"a@{'b' * 250}.example", "a@b.example?x=y", "a@b.example/c", "a@b.example;c@d.example",
]  # fmt: skip


def parsed(message: bytes) -> EmailMessage:
    result = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(result, EmailMessage)
    return result


def test_same_mail_has_the_same_bytes() -> None:
    assert build_message("件名", "本文\n", ENVELOPE) == build_message("件名", "本文\n", ENVELOPE)


@given(
    subject=st.text(
        st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=["Cc", "Zl", "Zp"]),
        min_size=1,
        max_size=60,
    )
    .map(str.strip)
    .filter(bool),
    body=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=400),
)
def test_assembled_bytes_say_what_the_standard_library_reads(subject: str, body: str) -> None:
    message = build_message(subject, body + "\n", ENVELOPE)
    read = parsed(message)

    assert read["Subject"] == subject
    assert read.get_content().replace("\r\n", "\n") == body + "\n"
    assert max(len(line) for line in message.split(b"\r\n")) <= 78


def test_headers_thread_an_application_and_stop_answering_machines() -> None:
    read = parsed(build_message("件名", "本文\n", ENVELOPE))

    assert set(read.keys()) == HEADERS
    assert read["From"] == f"{SENDER_NAME} <{ENVELOPE.sender}>"
    assert read["Message-ID"] == "<abc@naccs.example>"
    assert read["References"] == "<application.260001A@naccs.example>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["X-Auto-Response-Suppress"] == "All"
    assert read["Content-Language"] == "ja"
    assert read["Content-Transfer-Encoding"] == "base64"


def hostile_addresses() -> list[str]:
    """Two hundred: those above, and ordinary ones with something smuggled in at any place."""
    chance = random.Random(7)  # noqa: S311  a repeatable list
    while len(HOSTILE_ADDRESSES) < 200:
        place = chance.randrange(len("hanako@naccs.example") + 1)
        smuggled = chance.choice([*SMUGGLED, " ", ",", '"', "<", ">", "(", ")", ";", ":", "\\", "[", "]", "髙", "@"])
        HOSTILE_ADDRESSES.append(f"{'hanako@naccs.example'[:place]}{smuggled}{'hanako@naccs.example'[place:]}")
    return HOSTILE_ADDRESSES


@pytest.mark.parametrize("address", hostile_addresses())
def test_hostile_address_is_refused(address: str) -> None:
    with pytest.raises(UnsafeAddress):
        checked_address(address)
    with pytest.raises(UnsafeAddress):
        build_message("件名", "本文", replace(ENVELOPE, to=address))


@pytest.mark.parametrize("address", ["a@b", "tsukan-hanako@naccs.example", "a.b+c@d-e.example", "o'neill@x1.example"])
def test_plain_address_passes_unchanged(address: str) -> None:
    assert checked_address(address) == address
    assert parsed(build_message("件名", "本文", replace(ENVELOPE, to=address)))["To"] == address


@pytest.mark.parametrize(
    ("field", "smuggled"),
    list(
        itertools.product(
            ["company_name", "office_name", "department", "recipient_name", "link"],
            [*SMUGGLED, "{{ 7 * 7 }}", "{% include 'x' %}", "=?utf-8?q?=0D=0ABcc:?=", "\uff05\uff10\uff24", "\u202e",
             "\u0085X: y"],
        )
    ),
)  # fmt: skip
def test_hostile_name_stays_in_the_body_and_makes_no_header(field: str, smuggled: str) -> None:
    planned = sample(Mail.M1)
    facts = {**planned.facts, field: f"通関{smuggled}花子"}
    message = PRESS.message_of(claimed(replace(planned, facts=facts)))
    read = parsed(message)

    assert set(read.keys()) == HEADERS
    assert len(read.get_all("To", [])) == 1
    assert "49" not in read.get_content().partition("様")[0]


@given(st.from_regex(ADDR_SPEC, fullmatch=True))
def test_whatever_passes_is_read_as_itself(address: str) -> None:
    try:
        checked_address(address)
    except UnsafeAddress:
        return
    assert parseaddr(address) == ("", address)
    read = parsed(build_message("s", "b", replace(ENVELOPE, to=address)))["To"]
    assert [each.addr_spec for each in read.addresses] == [address]


def test_line_break_in_a_subject_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        build_message("件名\r\nBcc: a@b.example", "本文", ENVELOPE)


@pytest.fixture(scope="module")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An RSA key file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    file = tmp_path_factory.mktemp("dkim") / "key.pem"
    file.write_bytes(pem)
    return file


def published(key_file: Path) -> bytes:
    """The record that a domain would show for the key."""
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, form).decode().splitlines()[1:-1]
    return f"v=DKIM1; k=rsa; p={''.join(pem)}".encode()


def test_signed_mail_is_verified_until_something_changes(signing_key: Path) -> None:
    press = replace(PRESS, signer=open_signer("naccs.example", "nss", signing_key))
    # A verifier refuses what claims to be signed in the future.
    mail = claimed(sample(Mail.M2))._replace(queued_at=datetime(2026, 1, 2, tzinfo=UTC))
    message = press.message_of(mail)

    def asked(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"nss._domainkey.naccs.example."
        return published(signing_key)

    assert dkim.verify(message, dnsfunc=asked)
    assert not dkim.verify(message.replace(b"auto-generated", b"no"), dnsfunc=asked)
    assert press.message_of(mail) == message


def test_file_without_a_key_cannot_sign(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("nothing")

    with pytest.raises(InvalidSigningKey):
        open_signer("naccs.example", "nss", file)
