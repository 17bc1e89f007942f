"""JSON files that an operator hands to a service."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.errors import CommandError


def read_document(file: Path) -> Mapping[str, Any]:
    """The object in the file. Raises CommandError that names the file and the place of the mistake."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CommandError(f"{file} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise CommandError(f"{file} must hold one JSON object")
    return document
