"""What a service would run with in an environment, secrets hidden."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from deploy.configuration.variables import Variable, settings_class_of, variables_of
from shared.contracts.topics import ServiceName
from shared.runtime.settings import SECRETS_FOLDER, InvalidSettings, read_settings, unknown_variables

Origin = Literal["environment", "secrets folder", "default", "missing"]
HIDDEN = "••••••"


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable with its value as it may be shown, and where that comes from."""

    variable: str
    value: str
    origin: Origin

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every setting of a service, and the line with which it would refuse to start ("" when it would start)."""

    settings: Sequence[Setting]
    problem: str

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"settings": [setting.as_json() for setting in self.settings], "problem": self.problem}


def examine_settings(service: ServiceName, environment: Mapping[str, str]) -> Configuration:
    """Reads `environment` and the secrets folder it names, as the service does at its start."""
    return Configuration(list(_settings(service, environment)), _problem(service, environment))


def _settings(service: ServiceName, environment: Mapping[str, str]) -> Iterable[Setting]:
    folder = environment.get(SECRETS_FOLDER)
    for variable in variables_of(service):
        given, origin = _find(variable, environment, Path(folder) if folder else None)
        yield Setting(variable.name, _shown(variable, given), origin)
    for name in sorted(unknown_variables(settings_class_of(service), environment)):
        yield Setting(name, "unknown to this service", "environment")


def _find(variable: Variable, environment: Mapping[str, str], folder: Path | None) -> tuple[str, Origin]:
    if environment.get(variable.name):
        return environment[variable.name], "environment"
    file = folder / variable.name.lower() if folder else None
    if file and file.is_file():
        return file.read_text().strip(), "secrets folder"
    return ("", "missing") if variable.default is None else (variable.default, "default")


def _shown(variable: Variable, value: str) -> str:
    """Of a database's address only the password is secret; whatever else may be one is hidden whole."""
    if not variable.secret or not value:
        return value
    parts = urlsplit(value)
    if not variable.field.endswith("_url") or not parts.hostname:
        return HIDDEN
    place = parts.netloc.rpartition("@")[2]
    login = f"{parts.username}:{HIDDEN}@" if parts.password else f"{parts.username}@" if parts.username else ""
    return urlunsplit(parts._replace(netloc=login + place, query="", fragment=""))


def _problem(service: ServiceName, environment: Mapping[str, str]) -> str:
    try:
        read_settings(settings_class_of(service), environment)
    except InvalidSettings as problem:
        return str(problem)
    return ""
