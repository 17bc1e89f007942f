"""The broker and the database server that a benchmark runs on."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.stack import LocalStack, Outside
from tests.conftest import stack_folder


@contextmanager
def servers(*names: str, outside: Outside | None = None) -> Iterator[LocalStack]:
    """Those of `outside`, by default what NSS_KAFKA_BOOTSTRAP and NSS_POSTGRES_DSN name, else some of its own.

    Its own are gone at the end.
    """
    with stack_folder() as folder:
        stack = LocalStack(folder, outside=outside)
        try:
            stack.start_parts(names)
            yield stack
        finally:
            stack.wipe()
