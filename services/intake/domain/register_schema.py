"""The JSON Schema of a register file, derived from the contract that is published."""

from typing import Any

from services.intake.domain.register import COMPANY_FIELDS, OFFICE_FIELDS
from shared.contracts.intake_events import ContractPublished

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def register_schema() -> dict[str, Any]:
    """`{"companies": [{company fields, "offices": [{office fields}]}]}`; nothing else is accepted."""
    contract = ContractPublished.model_json_schema()
    parts = contract.pop("$defs")
    for part in parts.values():
        if part.get("type") == "object":
            part["additionalProperties"] = False
    company = _object(contract, COMPANY_FIELDS)
    offices = {"type": "array", "minItems": 1, "items": _object(contract, OFFICE_FIELDS)}
    company["properties"]["offices"] = offices
    company["required"].append("offices")
    return {
        "$schema": DIALECT,
        "title": "Contract register",
        "description": "What a company's offices share stands once; sister offices are granted with `nss accounts`.",
        "type": "object",
        "additionalProperties": False,
        "required": ["companies"],
        "properties": {"companies": {"type": "array", "items": company}},
        "$defs": parts,
    }


def _object(contract: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in fields if name in contract["required"]],
        "properties": {name: contract["properties"][name] for name in fields},
    }
