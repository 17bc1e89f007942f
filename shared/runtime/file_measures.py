"""How old the keys are and until when the certificates hold that a service's settings name, read at each scrape.

A setting named `…_ca_file` holds certificates, one named `…_key_file` or `…keys_dir` holds keys that people rotate. The
keys of closing days are none of these: they end by themselves.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509

from shared.contracts.topics import ServiceName
from shared.runtime import metrics
from shared.runtime.clock import SystemClock
from shared.runtime.logs import get_log
from shared.runtime.settings import ServiceSettings

CERTIFICATES = "_ca_file"
KEYS = ("_key_file", "keys_dir")

log = get_log()


class FileMeter:
    """The files one process was told to use."""

    def __init__(self, service: ServiceName, settings: ServiceSettings) -> None:
        self._service = service
        # Files are stamped by the machine, whose clock a demo does not move.
        self._clock = SystemClock()
        self._certificates = list(_paths(settings, (CERTIFICATES,)))
        self._keys = list(_paths(settings, KEYS))

    def measure(self) -> None:
        """Set the gauges; a file that cannot be read keeps its last value and is told in the log."""
        for setting, path in self._certificates:
            try:
                expiry = first_expiry(path)
            except (OSError, ValueError) as error:
                log.warning("certificates cannot be read", setting=setting, error=type(error).__name__)
                continue
            metrics.CERTIFICATE_EXPIRY.labels(self._service, setting).set(expiry)
        for setting, path in self._keys:
            changed = youngest_change(path)
            if changed is not None:
                age = self._clock.now().timestamp() - changed
                metrics.KEY_AGE_SECONDS.labels(self._service, setting).set(max(age, 0.0))


def first_expiry(path: Path) -> float:
    """Unix seconds at which the first of the certificates in a PEM file ends. Raises OSError, ValueError."""
    certificates = x509.load_pem_x509_certificates(path.read_bytes())
    return min(certificate.not_valid_after_utc.timestamp() for certificate in certificates)


def youngest_change(path: Path) -> float | None:
    """When the file, or the youngest file of the folder, was written; None where there is none."""
    try:
        files: Sequence[Path] = [each for each in path.iterdir() if each.is_file()] if path.is_dir() else [path]
        return max((each.stat().st_mtime for each in files), default=None)
    except OSError:
        return None


def _paths(settings: ServiceSettings, endings: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    for name in sorted(type(settings).model_fields):
        value = getattr(settings, name)
        if name.endswith(endings) and isinstance(value, Path):
            yield name, value
