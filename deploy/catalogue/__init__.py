"""The event catalogue: what the topics promise, rendered from the registry for people and for tools."""
