"""The broker and the database server that a benchmark runs on."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.stack import LocalStack
from tests.conftest import stack_folder


@contextmanager
def servers(*names: str) -> Iterator[LocalStack]:
    """Those that NSS_KAFKA_BOOTSTRAP and NSS_POSTGRES_DSN name, else some of its own that are gone at the end."""
    with stack_folder() as folder:
        stack = LocalStack(folder)
        try:
            stack.start_parts(names)
            yield stack
        finally:
            stack.wipe()
