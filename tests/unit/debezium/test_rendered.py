"""The committed configuration of Debezium is what the registry and the relay's own headers render today."""

import json

from deploy.debezium.connector import configuration, slot_of
from deploy.debezium.render import FOLDER, outdated_files
from shared.contracts.headers import HEADERS
from shared.contracts.topics import SERVICES


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
