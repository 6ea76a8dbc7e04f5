"""A client of the VM cloud, tested against the contract without a socket: replace `Cloud` by your own client."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest

from mockserver.respx import mock_api

BASE_URL = "https://api.example.com"


class QuotaExceeded(Exception):
    """The cloud will not make another machine."""


@dataclass
class Cloud:
    """The client under test."""

    key: str

    def clone(self, vm_id: str, name: str | None = None) -> str:
        """Clone a machine and return the id of its session."""
        body = {} if name is None else {"snapshot_name": name}
        answer = httpx.post(f"{BASE_URL}/v1/vms/{vm_id}/clone", json=body, headers={"X-API-Key": self.key})
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise QuotaExceeded(answer.json()["detail"])
        return str(answer.raise_for_status().json()["session_id"])


@mock_api(base_url=BASE_URL)
def test_each_clone_has_a_session_of_its_own() -> None:
    """Two calls make two clones."""
    cloud = Cloud("key")
    assert cloud.clone("vmid-abc-15") != cloud.clone("vmid-abc-15")


@mock_api(base_url=BASE_URL)
def test_the_quota_is_an_exception_of_its_own() -> None:
    """The id of the source machine asks the mock for a 429."""
    with pytest.raises(QuotaExceeded, match="Quota exceeded"):
        Cloud("key").clone("vmid-quota-429")


@mock_api(base_url=BASE_URL, api_keys=["right"])
def test_a_wrong_key_is_refused() -> None:
    """As the service refuses it."""
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        Cloud("wrong").clone("vmid-abc-15")
