"""How clients reach Kafka: security for both client libraries, and the line for a broker that does not answer."""

import time
from typing import Any

import pytest
from faststream.security import SASLScram256, SASLScram512
from pydantic import SecretStr

from shared.runtime.kafka import KafkaUnreachable, broker_security, check_broker, client_options, unreachable_line
from tests.component.runtime.outbox_parts import UNUSED_PORT, ReviewSettings, settings_for

URL = "postgresql://h/d"


def with_password(protocol: str = "SASL_PLAINTEXT", **fields: Any) -> ReviewSettings:
    """Settings with a login for Kafka."""
    return settings_for(
        URL,
        UNUSED_PORT,
        kafka_security_protocol=protocol,
        kafka_security_username="review",
        kafka_security_password=SecretStr("sekrit"),
        **fields,
    )


def test_plain_text_needs_nothing() -> None:
    settings = settings_for(URL, UNUSED_PORT)
    assert broker_security(settings) is None
    assert client_options(settings)["security_protocol"] == "PLAINTEXT"
    assert "sasl_mechanism" not in client_options(settings)


def test_a_login_reaches_both_libraries() -> None:
    options = client_options(with_password())
    assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "review",
        "sekrit",
    )
    security = broker_security(with_password())
    assert isinstance(security, SASLScram512)
    assert (security.use_ssl, security.password) == (False, "sekrit")


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
def test_tls_verifies_the_broker(protocol: str) -> None:
    settings = with_password(protocol, kafka_security_mechanism="SCRAM-SHA-256")
    context = client_options(settings)["ssl_context"]
    assert context.check_hostname
    security = broker_security(settings)
    assert security is not None
    assert security.use_ssl
    assert isinstance(security, SASLScram256) is (protocol == "SASL_SSL")


async def test_a_broker_that_does_not_answer_is_given_up_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(KafkaUnreachable, match=rf"^Kafka at {UNUSED_PORT} could not be reached within 1 s"):
        await check_broker(settings_for(URL, UNUSED_PORT), give_up_seconds=1)
    assert time.monotonic() - began < 10


async def test_a_broker_that_answers_is_found(kafka_bootstrap: str) -> None:
    await check_broker(settings_for(URL, kafka_bootstrap), give_up_seconds=30)


def test_with_a_login_the_line_says_that_a_wrong_password_looks_the_same() -> None:
    line = unreachable_line(with_password(), ConnectionError(), 5)
    assert line.endswith("no broker there, or a wrong password for user review, which looks the same")
    assert "sekrit" not in line
