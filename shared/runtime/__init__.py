"""The plumbing every service runs on: database, outbox, consumer, held events, web kit. Knows no service."""
