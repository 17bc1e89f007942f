"""Debezium in place of our relay: its configuration, rendered from the registry, and Kafka Connect to run it."""
