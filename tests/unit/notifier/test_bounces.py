"""What comes back, told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.bounces import Bounce, BounceKind, classify_bounce, message_key_of, return_path
from tests.unit.notifier.reports import answer, delivery_report, plain_bounce, read_receipt

KEY = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", BounceKind.HARD),
        ("failed", "5.1.2", BounceKind.HARD),
        ("Failed", "5.1.10", BounceKind.HARD),
        ("failed", "5.2.1", BounceKind.HARD),
        ("failed", "5.2.2", BounceKind.SOFT),
        ("failed", "5.7.1", BounceKind.SOFT),
        ("failed", "5.1.8", BounceKind.SOFT),
        ("failed", "5.0.0", BounceKind.SOFT),
        ("failed", "4.4.7", BounceKind.SOFT),
        ("delayed", "4.4.1", BounceKind.DELAYED),
    ],
)
def test_report_says_whether_the_address_is_dead(action: str, status: str, kind: BounceKind) -> None:
    assert classify_bounce(delivery_report(action, status)) == Bounce(kind, status)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "x"])
def test_report_of_a_delivery_is_no_bounce(action: str) -> None:
    assert classify_bounce(delivery_report(action, "2.0.0")).kind is BounceKind.UNKNOWN


def test_report_without_a_status_is_read_by_its_diagnosis() -> None:
    bounced = classify_bounce(delivery_report("failed", "", diagnostic="smtp; 550 5.1.1 <x>: unknown"))

    assert bounced == Bounce(BounceKind.HARD, "5.1.1")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-replied; owner-email=x"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
    ],
)
def test_answering_machine_is_no_bounce(headers: dict[str, str]) -> None:
    assert classify_bounce(answer(**headers)) == Bounce(BounceKind.AUTO_REPLY)


def test_receipt_of_reading_is_no_bounce() -> None:
    assert classify_bounce(read_receipt()) == Bounce(BounceKind.AUTO_REPLY)


def test_person_who_answers_is_not_taken_for_a_machine() -> None:
    assert classify_bounce(answer()) == Bounce(BounceKind.UNKNOWN)
    assert classify_bounce(answer(Auto_Submitted="no")) == Bounce(BounceKind.UNKNOWN)


@pytest.mark.parametrize(
    ("text", "kind", "status"),
    [
        ("<hanako@naccs.example>: 550 5.1.1 unknown user", BounceKind.HARD, "5.1.1"),
        ("552 5.2.2 mailbox full", BounceKind.SOFT, "5.2.2"),
        ("451 4.4.1 will try again", BounceKind.DELAYED, "4.4.1"),
        ("it did not work", BounceKind.UNKNOWN, None),
        ("version 2.0.1 of our server", BounceKind.UNKNOWN, None),
    ],
)
def test_words_of_a_mail_server_without_a_report(text: str, kind: BounceKind, status: str | None) -> None:
    assert classify_bounce(plain_bounce(text)) == Bounce(kind, status)


@given(st.binary(max_size=2000))
def test_anything_can_be_read(content: bytes) -> None:
    assert classify_bounce(content).kind in BounceKind


@given(st.integers(min_value=0, max_value=len(delivery_report("failed", "5.1.1"))))
def test_report_that_was_cut_off_can_be_read(end: int) -> None:
    assert classify_bounce(delivery_report("failed", "5.1.1")[:end]).kind in BounceKind


def test_return_path_names_the_mail() -> None:
    path = return_path("nss@naccs.example", KEY)

    assert path == f"nss+{KEY}@naccs.example"
    assert message_key_of(path.upper()) == KEY
    assert len(path.partition("@")[0]) <= 64


@pytest.mark.parametrize(
    "recipient", ["nss@naccs.example", f"nss+{KEY[:-1]}@naccs.example", "nss+'--@naccs.example", ""]
)
def test_other_recipients_name_no_mail(recipient: str) -> None:
    assert message_key_of(recipient) is None
