"""The vendor's schemas of both generations, as JSON Schema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

FILES = Path(__file__).parents[1] / "openapi"
GENERATIONS = {"current": "belvo-openapi-1.223.0.json", "legacy": "belvo-openapi-1.35.0.json"}

_QUOTES = ("‘", "’")
"""Some patterns are printed between typographic quotes, which no value has: they say nothing."""

_TOO_SHORT = (("ClassificationDetails", "category"),)
"""Texts whose published length is less than that of a word which the same schema lists (MULTIMERCADO)."""


@cache
def definitions(generation: str) -> dict[str, Any]:
    """All schemas of a generation, with null where the vendor says nullable."""
    spec = json.loads((FILES / GENERATIONS[generation]).read_text("utf-8"))
    plain = {name: _plain(schema) for name, schema in spec["components"]["schemas"].items()}
    for name, key in _TOO_SHORT:
        plain.get(name, {}).get("properties", {}).get(key, {}).pop("maxLength", None)
    return plain


@cache
def validator(generation: str, name: str) -> Any:
    """Return what checks an object against a schema, formats and patterns included."""
    schema = {"$ref": f"#/$defs/{name}", "$defs": definitions(generation)}
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def faults(generation: str, name: str, wire: Any) -> list[str]:
    """Return what a schema finds wrong with an object."""
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in validator(generation, name).iter_errors(wire)
    ]


def _plain(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"].replace("#/components/schemas/", "#/$defs/")}
    plain = {key: _plain(value) for key, value in schema.items() if key not in ("nullable", "example")}
    pattern = plain.get("pattern")
    if isinstance(pattern, str) and pattern.startswith(_QUOTES):
        del plain["pattern"]
    if schema.get("nullable") is True:
        if isinstance(plain.get("type"), str):
            plain["type"] = [plain["type"], "null"]
        if isinstance(plain.get("enum"), list):
            plain["enum"] = [*plain["enum"], None]
    return plain
