"""pytest fixtures: the documented API for httpx clients, and on a socket for all others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import respx


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two settings for pytest.ini or pyproject.toml."""
    parser.addini("mock_spec", "OpenAPI document that the fixtures mock_api and mock_url serve", default="")
    parser.addini("mock_base_url", "where the fixture mock_api answers", default="http://127.0.0.1:4010")


@pytest.fixture
def mock_api(pytestconfig: pytest.Config) -> Iterator[respx.MockRouter]:
    """The API of the ini setting `mock_spec` for httpx, at `mock_base_url`, without a socket."""
    from mockserver.respx import mock_api  # noqa: PLC0415  a run that does not use it must not pay for it

    with mock_api(_spec(pytestconfig), base_url=pytestconfig.getini("mock_base_url")) as router:
        yield router


@pytest.fixture(scope="session")
def mock_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a real mock server on a free port, for clients that are not httpx."""
    from mockserver.app import create_app  # noqa: PLC0415
    from mockserver.server import serve_in_thread  # noqa: PLC0415

    with serve_in_thread(create_app(_spec(pytestconfig))) as url:
        yield url


def _spec(config: pytest.Config) -> str | None:
    named: str = config.getini("mock_spec")
    return str(config.rootpath / named) if named else None
