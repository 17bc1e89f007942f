"""One post to a receiver: where it may go at all, and what an answer is taken for."""

import time
from ipaddress import ip_address

import pytest

from services.notifier.domain.hooks import UnusableHook, check_url
from services.notifier.mailer import Posting
from services.notifier.mailer.hook_addresses import may_be_called
from tests.component.notifier.hook_receiver import HANG, a_receiver

BODY = b'{"subject":"180001A"}'
STRICT, ANYWHERE = Posting(), Posting(private_allowed=True)
IMPATIENT = Posting(0.5, private_allowed=True)

OF_THIS_MACHINE = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
    "http://2130706433:{port}/", "http://0x7f.1:{port}/", "http://0177.0.0.1:{port}/", "http://0.0.0.0:{port}/",
]  # fmt: skip


@pytest.mark.parametrize("url", OF_THIS_MACHINE)
async def test_this_machine_is_not_called_however_its_address_is_written(url: str) -> None:
    async with a_receiver() as receiver:
        answer = await STRICT.post(url.format(port=receiver.port), {}, BODY)
        assert receiver.received == []
    assert answer.outcome in {"forbidden", "unreachable"}


@pytest.mark.parametrize(
    ("address", "strictly", "at_home"),
    [
        ("8.8.8.8", True, True), ("2606:4700::1", True, True),
        ("10.1.2.3", False, True), ("172.16.0.1", False, True), ("192.168.1.1", False, True),
        ("127.0.0.1", False, True),
        ("fd00::1", False, True), ("::1", False, True), ("::ffff:10.0.0.1", False, True),
        ("169.254.169.254", False, False), ("fe80::1", False, False), ("::ffff:169.254.169.254", False, False),
        ("224.0.0.1", False, False), ("0.0.0.0", False, False), ("::", False, False),  # noqa: S104  judged, not bound
        ("100.64.0.1", False, False), ("64:ff9b::a00:1", False, False), ("2002:a00:1::", False, False),
    ],
)  # fmt: skip
def test_which_addresses_may_be_called(address: str, strictly: bool, at_home: bool) -> None:
    judged = ip_address(address)
    assert may_be_called(judged, private_allowed=False) is strictly
    assert may_be_called(judged, private_allowed=True) is at_home


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "https_needed"), ("ftp://example.com/", "not_an_address"),
        ("https://", "not_an_address"), ("example.com", "not_an_address"), ("https://例.example/", "not_an_address"),
        ("https://user:word@example.com/", "not_allowed_here"), ("https://example.com/#part", "not_allowed_here"),
        ("https://example.com:port/", "not_an_address"), ("https://exa mple.com/", "not_allowed_here"),
        ("https://example.com/\r\nx: y", "not_allowed_here"), ("https://example.com/" + "a" * 2000, "not_an_address"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused_with_its_reason(url: str, code: str) -> None:
    with pytest.raises(UnusableHook) as problem:
        check_url(url, http_allowed=False)
    assert (problem.value.field, problem.value.code) == ("url", code)


def test_addresses_that_can_be_are_taken_as_they_are() -> None:
    for url in ("https://example.com", "https://example.com:8443/a/b?c=d", "https://[2606:4700::1]/"):
        assert check_url(url, http_allowed=False) == url
    assert check_url("http://localhost:1/", http_allowed=True) == "http://localhost:1/"


@pytest.mark.parametrize(
    ("status", "outcome", "is_trouble"),
    [
        (200, "delivered", False), (204, "delivered", False), (301, "refused", False), (400, "refused", False),
        (404, "refused", False), (410, "gone", False), (429, "refused", False), (500, "refused", True),
        (503, "refused", True),
    ],
)  # fmt: skip
async def test_what_a_status_is_taken_for(status: int, outcome: str, is_trouble: bool) -> None:
    async with a_receiver(status=status) as receiver:
        answer = await ANYWHERE.post(receiver.url, {"webhook-id": "1"}, BODY)
    assert (answer.outcome, answer.status_code, answer.is_receivers_trouble) == (outcome, status, is_trouble)


async def test_nobody_there_no_name_and_no_answer_are_told_apart_in_bounded_time() -> None:
    async with a_receiver(status=HANG) as hangs:
        began = time.monotonic()
        assert (await IMPATIENT.post(hangs.url, {}, BODY)).outcome == "timeout"
        assert time.monotonic() - began < ANYWHERE.timeout_seconds
    assert (await ANYWHERE.post(hangs.url, {}, BODY)).outcome == "unreachable"
    assert (await IMPATIENT.post("http://nobody.invalid/", {}, BODY)).outcome in {"unreachable", "timeout"}
