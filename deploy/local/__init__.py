"""The local stack: a real broker, a real database, a mail sink and the four services as child processes."""
