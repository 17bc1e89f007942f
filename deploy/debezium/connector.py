"""What Debezium's outbox router needs to make the same records of an outbox as our relay, and its database before it.

Addresses and passwords are left to the Connect worker's environment: for review `OUTBOX_REVIEW_HOST`, `_PORT`,
`_DATABASE`, `_USER` and `_PASSWORD`, likewise for the others; `OUTBOX_DATABASE_CA_FILE` vouches for their servers.
"""

from collections.abc import Mapping

from shared.contracts.topics import ServiceName
from shared.runtime.event_relay import HEADER_COLUMNS

PUBLICATION = "nss_outbox"
HEARTBEATS = "__debezium-heartbeat"

SOURCE = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "tasks.max": "1",
    "plugin.name": "pgoutput",
    "publication.name": PUBLICATION,
    "publication.autocreate.mode": "disabled",
    "table.include.list": "public.event_outbox",
    "snapshot.mode": "no_data",
    "binary.handling.mode": "bytes",
    "poll.interval.ms": "10",
    # Debezium's own headers would be no part of the contract.
    "extended.headers.enabled": "false",
    # Without all of these the server keeps its log for ever while only other tables are written.
    "heartbeat.interval.ms": "1000",
    "topic.heartbeat.prefix": HEARTBEATS,
    "lsn.flush.mode": "connector_and_driver",
    "offset.mismatch.strategy": "trust_slot",
    "status.update.interval.ms": "1000",
}
TLS = {
    "database.sslmode": "verify-full",
    "database.sslrootcert": "${env:OUTBOX_DATABASE_CA_FILE}",
}
RECORDS = {
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "header.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "io.debezium.converters.BinaryDataConverter",
    # Heartbeats are no bytes.
    "value.converter.delegate.converter.type": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.delegate.converter.type.schemas.enable": "false",
    "transforms": "outbox,tidy",
    "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
    "transforms.outbox.table.field.event.key": "aggregateid",
    "transforms.outbox.table.op.invalid.behavior": "fatal",
    "transforms.outbox.route.by.field": "topic",
    "transforms.outbox.route.topic.regex": "(.*)",
    "transforms.outbox.table.fields.additional.placement": ",".join(
        f"{column}:header:{header}" for header, column in HEADER_COLUMNS
    ),
    # The router's own header, which says what ce_id says.
    "transforms.tidy.type": "org.apache.kafka.connect.transforms.DropHeaders",
    "transforms.tidy.headers": "id",
}
SENDING = {
    "producer.override.enable.idempotence": "true",
    "producer.override.max.in.flight.requests.per.connection": "5",
    "producer.override.batch.size": "262144",
    "producer.override.max.request.size": "1000000",
    # Only the topic of heartbeats is ever missing: those of events are made before.
    "topic.creation.default.partitions": "1",
    "topic.creation.default.replication.factor": "-1",
}


def slot_of(service: ServiceName) -> str:
    """What `NSS_<SERVICE>_OUTBOX_SLOT` is set to: a slot's name is known to the whole server."""
    return f"nss_{service}_outbox"


def connector_name(service: ServiceName) -> str:
    """The connector's name in Kafka Connect."""
    return f"nss-{service}-outbox"


def login_of(service: ServiceName) -> str:
    """Debezium's login to a service's database."""
    return f"nss_{service}_debezium"


def outbox_name(service: ServiceName, topic_prefix: str = "") -> str:
    """Under which the connector keeps its place in the log, and its heartbeats."""
    return f"{topic_prefix}nss.{service}.outbox"


def configuration(service: ServiceName, topic_prefix: str = "") -> Mapping[str, str]:
    """The connector of a service, as `PUT /connectors/<name>/config` takes it."""
    return {
        **SOURCE,
        **TLS,
        **{f"database.{name}": _given(service, variable) for name, variable in VARIABLES.items()},
        "slot.name": slot_of(service),
        "topic.prefix": outbox_name(service, topic_prefix),
        **RECORDS,
        "transforms.outbox.route.topic.replacement": f"{topic_prefix}$1",
        **SENDING,
    }


VARIABLES = {"hostname": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER", "password": "PASSWORD"}


def variable(service: ServiceName, name: str) -> str:
    """A variable of the Connect worker's environment."""
    return f"OUTBOX_{service.upper()}_{name}"


def preparation(service: ServiceName) -> list[str]:
    """Statements for the owner of the service's database, once it is migrated and `login_of` exists.

    Copies of dead letters are left out: the router cannot unfold the list of their headers, so the relay sends them.
    """
    login = login_of(service)
    return [
        f"create publication {PUBLICATION} for table event_outbox where (extra_headers is null)"
        " with (publish = 'insert')",
        # Nobody may connect to the database who is not told to.
        f"do $$ begin execute format('grant connect on database %I to {login}', current_database()); end $$",
        f"grant usage on schema public to {login}",
        f"grant select on event_outbox to {login}",
    ]


def slot_statement(service: ServiceName) -> str:
    """For a login with REPLICATION: from here on the server keeps for Debezium what it has not read yet."""
    return f"select pg_create_logical_replication_slot('{slot_of(service)}', 'pgoutput', failover => true)"


def _given(service: ServiceName, name: str) -> str:
    return f"${{env:{variable(service, name)}}}"
