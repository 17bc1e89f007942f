"""deploy/SETTINGS.md: one table of all settings per service. `python -m deploy.configuration.table` writes it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from deploy.configuration.variables import Variable, variables_of
from shared.contracts.topics import SERVICES

FILE = Path(__file__).resolve().parents[1] / "SETTINGS.md"
HEAD = """# Settings

Rendered from each service's `settings.py` by `python -m deploy.configuration.table`; a test keeps both equal.

A value comes from the environment variable, else from a file of the same name in lower case in the folder
`NSS_SECRETS_DIR` (the way to hand over secrets), else it is the default. A variable that begins with `NSS_` and that
nobody knows stops the service at its start, and so does a value that does not fit: one line on stderr names the
variable, never the value. `nss doctor --service NAME` prints what is in force, secrets hidden.
"""


def render() -> str:
    """The whole page."""
    by_service = {service: variables_of(service) for service in SERVICES}
    first, *others = by_service.values()
    common = [variable for variable in first if all(variable in own for own in others)]
    parts = [HEAD, "## Every service\n", _table(common)]
    for service, own in by_service.items():
        parts += [f"## {service}\n", _table([variable for variable in own if variable not in common])]
    return "\n".join(parts)


def _table(variables: Sequence[Variable]) -> str:
    return "\n".join(["| variable | value | default | what for |", "|---|---|---|---|", *_rows(variables), ""])


def _rows(variables: Iterable[Variable]) -> Iterable[str]:
    for each in variables:
        default = "**needed**" if each.default is None else f"`{each.default}`" if each.default else ""
        yield f"| `{each.name}` | {each.kind} | {default} | {each.purpose} |"


if __name__ == "__main__":
    FILE.write_text(render())
