"""The committed configuration of Debezium is what the registry and the relay's own headers render today."""

import json

from deploy.debezium.access import connect_entries
from deploy.debezium.connector import configuration, slot_of
from deploy.debezium.render import FOLDER, outdated_files
from deploy.operate.topic_access import Right, access_differences, tolerated_rights, wanted_rights
from shared.contracts.headers import HEADERS
from shared.contracts.topics import REDRIVE, SERVICES, TOPICS, dead_letter_topic


def test_the_committed_files_are_what_is_rendered_today() -> None:
    assert outdated_files() == [], "run `python -m deploy.debezium.render`"


def test_every_header_of_the_contract_is_made_from_a_column() -> None:
    placed = configuration("review")["transforms.outbox.table.fields.additional.placement"].split(",")
    assert [entry.split(":")[2] for entry in placed] == [header.name for header in HEADERS]


def test_services_share_neither_slot_nor_place_in_the_log() -> None:
    told = [json.loads((FOLDER / f"rendered/{service}.json").read_text()) for service in SERVICES]
    assert [each["slot.name"] for each in told] == [slot_of(service) for service in SERVICES]
    assert len({each["topic.prefix"] for each in told}) == len(SERVICES)


def test_no_password_stands_in_a_file() -> None:
    for service in SERVICES:
        told = json.loads((FOLDER / f"rendered/{service}.json").read_text())
        assert told["database.password"] == f"${{env:OUTBOX_{service.upper()}_PASSWORD}}"


def test_every_client_of_a_worker_has_the_login_and_none_stands_in_a_file() -> None:
    lines = (FOLDER / "rendered/worker.properties").read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    for client in ("", "producer.", "consumer.", "admin."):
        assert told[f"{client}security.protocol"] == "SASL_SSL"
        assert 'password="${env:OUTBOX_KAFKA_PASSWORD}"' in told[f"{client}sasl.jaas.config"]
        assert told[f"{client}ssl.truststore.location"] == "${env:OUTBOX_KAFKA_CA_FILE}"


def test_every_connector_checks_the_certificate_and_the_name_of_its_server() -> None:
    assert {configuration(service)["database.sslmode"] for service in SERVICES} == {"verify-full"}


def test_connect_reads_and_makes_no_event_and_writes_no_copy_of_a_dead_letter_and_no_instruction() -> None:
    entries = connect_entries()
    ours = {topic.name for topic in TOPICS}
    assert {operation for _, name, operation in entries if name in ours} == {"Describe", "Write"}
    letters = {dead_letter_topic(service).name for service in SERVICES}
    assert {name for _, name, _ in entries} & (letters | {REDRIVE.name}) == set()
    assert "Create" not in {operation for *_, operation in entries}


def test_rights_that_connect_has_are_no_difference_and_those_it_lacks_are_none_either() -> None:
    wanted, tolerated = wanted_rights(""), tolerated_rights("")
    names = [topic.name for topic in TOPICS]
    assert [*access_differences(wanted, "", names)] == []
    assert [*access_differences(wanted | tolerated, "", names)] == []
    more = Right("nss-connect", "Read", "topic", names[0])
    assert [*access_differences(wanted | tolerated | {more}, "", names)] == [
        f"{more.as_text()}: given, but not declared"
    ]
