from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.app import create_app
from tests.asgi import Client


@pytest.fixture
def client() -> Iterator[Client]:
    """The mock of the vendored contract."""
    client = Client(create_app())
    yield client
    client.close()


def document(paths: dict[str, Any], **others: Any) -> dict[str, Any]:
    """A small OpenAPI document."""
    return {"openapi": "3.1.0", "info": {"title": "Small", "version": "1"}, "paths": paths, **others}
