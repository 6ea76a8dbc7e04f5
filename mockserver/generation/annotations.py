"""What schemas tell their readers about a value without constraining it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockserver.generation.conjunction import Flat, has_type
from mockserver.generation.descriptions import MAX_LENGTH
from mockserver.types import JSON


def examples(flat: Flat, type_name: str) -> list[JSON]:
    """The values that the schemas themselves show."""
    shown: list[JSON] = []
    for schema in flat.schemas:
        listed = schema.get("examples")
        shown += [schema["example"]] if "example" in schema else []
        shown += listed if isinstance(listed, list) else list(listed.values()) if isinstance(listed, Mapping) else []
        shown += [schema["default"]] if "default" in schema else []
    return [value for value in shown if has_type(value, type_name)]


def description_of(flat: Flat) -> str:
    """The beginning of the first description."""
    found = (text for schema in flat.schemas if isinstance(text := schema.get("description"), str))
    return next(found, "")[:MAX_LENGTH]


def requested(flat: Flat) -> str | None:
    """The method of Faker that `x-faker` or `x-fake-data` asks for: `name.firstName` and `first_name` are one."""
    for schema in flat.schemas:
        for key in ("x-faker", "x-fake-data"):
            if isinstance(wanted := schema.get(key), str):
                last = wanted.rpartition(".")[2].strip("{} ")
                return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()
    return None
