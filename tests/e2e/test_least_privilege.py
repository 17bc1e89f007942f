"""Every cell of the table of rights on the broker, asked of the secured one that the walk runs on."""

import asyncio
import ssl
import time
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from deploy.kubernetes.kafka import PRINCIPALS
from deploy.kubernetes.names import kafka_user
from deploy.local import kafka, processes
from deploy.local.certificates import Authority
from deploy.local.ports import LOOPBACK
from deploy.local.security import DEPLOYMENT_LOGIN
from deploy.operate.access import apply_access, plan_access, take_back
from deploy.operate.topic_access import Right
from deploy.operate.topics import admin_client
from shared.contracts.topics import (
    HOOKED_TOPICS,
    MAILBOX,
    SERVICES,
    TOPICS,
    Principal,
    ServiceName,
    consumer_group,
    hooks_group,
)
from shared.runtime.database import DatabaseUnreachable, open_connection
from shared.runtime.kafka import KafkaUnreachable, check_broker, client_options
from tests.conftest import Report
from tests.e2e.broker_cells import Cell, ask
from tests.town import Town, until

ENDS_SECONDS = 30.0
OPERATORS_GROUP = "nss.operator.look"
OWN_GROUPS = {service: {consumer_group(service)} for service in SERVICES}
OWN_GROUPS["notifier"].add(hooks_group())
GROUPS = [*sorted(set().union(*OWN_GROUPS.values())), OPERATORS_GROUP, "somebody-else"]


def allowed_by_the_table(principal: Principal) -> set[Cell]:
    """What the principal may do; whatever is not here must be refused."""
    writes = {topic.name for topic in TOPICS if principal in topic.producers}
    reads = {topic.name for topic in TOPICS if principal in topic.readers or principal == "operator"}
    reads |= {topic.name for topic in TOPICS if topic.producers == (principal,) and "dead-letter" not in topic.name}
    if principal == "notifier":
        reads |= {topic.name for topic in HOOKED_TOPICS}
    cells = {("topic", name, "Write") for name in writes} | {("topic", name, "Read") for name in reads}
    cells |= {("topic", name, "Describe") for name in writes | reads}
    if principal == "operator":
        cells |= {("group", group, "Describe") for group in GROUPS if group != "somebody-else"}
        return cells | {("group", OPERATORS_GROUP, "Read")}
    return cells | {
        ("group", group, operation) for group in OWN_GROUPS[principal] for operation in ("Describe", "Read")
    }


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_the_broker_allows_what_the_table_says_and_refuses_every_other_cell(
    town: Town, principal: Principal, report: Report
) -> None:
    broker = town.stack.state.broker_as(kafka_user(principal))
    async with admin_client(client_options(broker)) as admin:
        answers = await ask(admin, [topic.name for topic in TOPICS], GROUPS)
    allowed = {cell for cell, is_allowed in answers.items() if is_allowed}
    report(principal=principal, asked=len(answers), allowed=len(allowed))
    assert allowed == allowed_by_the_table(principal)


async def test_the_broker_shows_exactly_the_rights_of_the_registry(town: Town) -> None:
    deployment = client_options(town.stack.state.broker_as(DEPLOYMENT_LOGIN))
    assert (await plan_access(deployment)).lines() == []


def test_nobody_is_answered_without_tls(town: Town) -> None:
    assert not kafka.answers(LOOPBACK, town.stack.state.ports["kafka"])
    security = town.stack.state.security
    assert security is not None
    assert kafka.answers(LOOPBACK, town.stack.state.ports["kafka"], tls=security.trusting_context())


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
async def test_nobody_enters_without_a_login_or_with_a_wrong_password(town: Town, protocol: str) -> None:
    wrong = {"kafka_security_protocol": protocol, "kafka_security_password": SecretStr("a guess")}
    with pytest.raises(KafkaUnreachable):
        await check_broker(town.stack.state.broker.model_copy(update=wrong), give_up_seconds=1)


async def test_the_servers_are_not_believed_by_who_trusts_another_authority(town: Town, tmp_path: Path) -> None:
    other = Authority.kept_in(tmp_path / "other").certificate_file
    broker = town.stack.state.broker.model_copy(update={"kafka_security_ca_file": other})
    with pytest.raises(KafkaUnreachable, match="its certificate is not trusted"):
        await check_broker(broker, give_up_seconds=60)
    url = town.databases["review"].partition("?")[0]
    with pytest.raises(DatabaseUnreachable, match="its certificate is not trusted"):
        await open_connection(f"{url}?sslmode=verify-full&sslrootcert={other}", application_name="test")


def test_both_servers_speak_today_s_tls_alone(town: Town) -> None:
    security = town.stack.state.security
    assert security is not None
    old = security.trusting_context()
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    assert not kafka.answers(LOOPBACK, town.stack.state.ports["kafka"], tls=old)


@pytest.mark.parametrize(
    ("service", "borrowed"),
    [("review", "provisioning"), *(pytest.param(*pair, marks=pytest.mark.full) for pair in
     [("intake", "review"), ("provisioning", "notifier"), ("notifier", "intake")])],
)  # fmt: skip
async def test_a_worker_with_another_s_login_ends_within_seconds_and_says_which_right_is_missing(
    town: Town, service: ServiceName, borrowed: Principal, report: Report
) -> None:
    security = town.stack.state.security
    assert security is not None
    began = time.monotonic()
    part = town.stack.spawn_service(f"{service}-9", environment=security.variables_of(borrowed), role="worker")
    code = await asyncio.to_thread(processes.exit_code, part, seconds=ENDS_SECONDS)
    report(service=service, borrowed=borrowed, seconds=round(time.monotonic() - began, 1))
    assert code == 1
    last = processes.last_line(Path(part.log))
    assert f"AuthorizationFailedError: user nss-{borrowed} lacks a right on the broker" in last


@pytest.mark.full
async def test_a_right_taken_away_turns_the_running_worker_unready_and_given_back_ready_again(
    town: Town, report: Report
) -> None:
    right, seconds = Right(kafka_user("review"), "Read", "topic", MAILBOX.name), {}
    deployment = client_options(town.stack.state.broker_as(DEPLOYMENT_LOGIN))
    async with admin_client(deployment) as admin:
        await take_back(admin, right)
    try:
        seconds["unready"] = await _seconds_until(town, "review", 503)
    finally:
        await apply_access(deployment)
    seconds["ready_again"] = await _seconds_until(town, "review", 200)
    report(**seconds)
    assert seconds["unready"] < ENDS_SECONDS


async def _seconds_until(town: Town, service: ServiceName, status: int) -> float:
    began = time.monotonic()
    async with httpx2.AsyncClient(base_url=town.urls[service], trust_env=False) as client:

        async def look() -> bool | None:
            return (await client.get("/health/ready?role=worker")).status_code == status or None

        await until(look, f"{service}'s worker to answer {status}")
    return round(time.monotonic() - began, 1)
