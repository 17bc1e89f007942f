"""What a worker of Kafka Connect is told: anywhere, on a secured broker, and alone on this machine."""

from collections.abc import Mapping

WORKER_SETTINGS = {
    "group.id": "nss-connect",
    "config.storage.topic": "nss.connect.configs",
    "offset.storage.topic": "nss.connect.offsets",
    "status.storage.topic": "nss.connect.status",
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
    "config.providers": "env",
    "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
    "config.providers.env.param.allowlist.pattern": "OUTBOX_.*",
    # How much is sent again after a kill, and how long events stay in the outbox once Kafka has them.
    "offset.flush.interval.ms": "1000",
}
"""What differs from Kafka Connect's own defaults wherever the connectors run."""

LOGIN_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"
LOGIN = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.jaas.config": f'{LOGIN_MODULE} required username="${{env:OUTBOX_KAFKA_USER}}"'
    ' password="${env:OUTBOX_KAFKA_PASSWORD}";',
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": "${env:OUTBOX_KAFKA_CA_FILE}",
}
SECURED = {prefix + name: text for prefix in ("", "producer.", "consumer.", "admin.") for name, text in LOGIN.items()}
"""The worker's own clients and those that it makes for connectors do not share their settings."""

HERE = {
    "config.storage.replication.factor": "1",
    "offset.storage.replication.factor": "1",
    "offset.storage.partitions": "1",
    "status.storage.replication.factor": "1",
    "status.storage.partitions": "1",
    "plugin.discovery": "service_load",
    # A worker that was killed is back in the group at once.
    "scheduled.rebalance.max.delay.ms": "0",
    "session.timeout.ms": "6000",
    "heartbeat.interval.ms": "1000",
}


def properties(settings: Mapping[str, str]) -> str:
    """As a Java properties file."""
    return "".join(f"{name}={value}\n" for name, value in settings.items())
