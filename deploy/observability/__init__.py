"""What operators' tools are given: alert rules and dashboards, written from the registry of metrics."""
