"""Tracing of one process, where the settings name a collector."""

import contextlib
from collections.abc import Iterator

from shared.contracts.topics import ServiceName
from shared.runtime import spans
from shared.runtime.logs import get_log
from shared.runtime.settings import ServiceSettings

log = get_log()


@contextlib.contextmanager
def traced(service: ServiceName, settings: ServiceSettings, version: str) -> Iterator[None]:
    """While it lasts spans go to the collector; one that does not answer costs the service nothing but the spans."""
    if not settings.traces_endpoint:
        yield
        return
    # Imported here so that a process without traces loads no tracing library.
    from shared.runtime.span_recorder import background_export, recorder_for

    recorder = recorder_for(service, version, settings.traces_ratio, background_export(settings.traces_endpoint))
    spans.record_with(recorder)
    log.info("tracing is on", service=service, ratio=settings.traces_ratio)
    try:
        yield
    finally:
        spans.record_with(None)
        recorder.stop()
