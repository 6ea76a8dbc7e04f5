"""FastAPI is the oracle: the mock of its document gives the same status, and on every 4xx the same JSON."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parity import apps_routes, apps_settings, apps_shapes, apps_types
from tests.parity.answers import Pair
from tests.parity.requests import Requests

APPS = {**apps_types.APPS, **apps_routes.APPS, **apps_shapes.APPS, **apps_settings.APPS}
REQUESTS = int(os.environ.get("UNDERSTUDY_PARITY_REQUESTS", "25"))


# `ipaddress` takes `true` for a number, with a warning, here and in the application.
@pytest.mark.filterwarnings("ignore:__int__ returned non-int:DeprecationWarning")
# Starlette leaves the files of a form open that breaks off.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function SpooledTemp:pytest.PytestUnraisableExceptionWarning"
)
# FastAPI up to 0.128 cannot document a discriminator that has an alias.
@pytest.mark.filterwarnings("ignore:.*skipped-discriminator:pydantic.json_schema.PydanticJsonSchemaWarning")
@pytest.mark.parametrize("name", APPS)
def test_the_mock_answers_as_the_application(name: str) -> None:
    pair = Pair(APPS[name]())
    requests = Requests(pair.document)

    @settings(
        max_examples=REQUESTS, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        wire = data.draw(requests.wires)
        assert not pair.difference(wire)

    try:
        compare()
    finally:
        pair.close()
