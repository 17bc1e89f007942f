"""Publishing the schedule that operators keep at review."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.operate.documents import read_document
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token

ROLE = "operator"


def set_schedule(file: Path, *, dry_run: bool) -> Mapping[str, Any]:
    """Publish the schedule in the file; review's answer. Raises CommandError."""
    document = read_document(file)
    url = f"{service_url('review')}/api/v1/schedule"
    if dry_run:
        return {"would": f"PUT {url}", "fields": sorted(document)}
    return call("PUT", url, token=staff_token(ROLE), body=document)
