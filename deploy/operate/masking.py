"""What of an event everybody at the command may see: fields of class public; the others show their class instead."""

from typing import Any

from shared.contracts.clearance import classes_up_to, concealed


def masked(event_type: str | None, data: Any) -> Any:
    """The data with every business, personal or unknown field replaced by its class in brackets."""
    return concealed(event_type, data, classes_up_to("public"), lambda data_class: f"[{data_class}]")
