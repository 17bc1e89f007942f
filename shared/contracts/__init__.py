"""The events as a product: envelope, topics, models, examples. No I/O but its own example and schema files."""
