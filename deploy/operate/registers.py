"""Publishing what operators keep: contracts at intake, the schedule at review, both through their APIs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.errors import CommandError
from deploy.operate.documents import read_document
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token

ROLE = "operator"


def import_contract(file: Path, *, dry_run: bool) -> Mapping[str, Any]:
    """Publish the register in the file; intake's answer. Raises CommandError."""
    document = read_document(file)
    office = document.get("office_code")
    if not isinstance(office, str):
        raise CommandError(f"{file} names no office_code")
    url = f"{service_url('intake')}/api/v1/contracts/{office}"
    return _put(url, document, dry_run=dry_run)


def set_schedule(file: Path, *, dry_run: bool) -> Mapping[str, Any]:
    """Publish the schedule in the file; review's answer. Raises CommandError."""
    document = read_document(file)
    return _put(f"{service_url('review')}/api/v1/schedule", document, dry_run=dry_run)


def _put(url: str, document: Mapping[str, Any], *, dry_run: bool) -> Mapping[str, Any]:
    if dry_run:
        return {"would": f"PUT {url}", "fields": sorted(document)}
    return call("PUT", url, token=staff_token(ROLE), body=document)
