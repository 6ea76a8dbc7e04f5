"""The vendor's official Python SDK as a client of the mock, over a real socket."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import instavm
import pytest
import requests
from instavm.exceptions import AuthenticationError, ForbiddenError, NetworkError, RateLimitError

from mockserver.app import create_app
from mockserver.server import serve_in_thread

KEY = "instavm_sk_test"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_in_thread(create_app(api_keys=[KEY])) as url:
        yield url


@pytest.fixture
def sdk(url: str) -> instavm.InstaVM:
    return instavm.InstaVM(api_key=KEY, base_url=url, auto_start_session=False)


@pytest.mark.parametrize(
    ("wait", "name", "expected"),
    [
        (True, None, {"status": "active", "snapshot_deleted": True}),
        (True, "nightly", {"status": "active", "snapshot_deleted": False}),
        (False, "nightly", {"status": "provisioning", "snapshot_deleted": False, "vm_id": None}),
    ],
)
def test_the_sdk_clones_a_vm(sdk: instavm.InstaVM, wait: bool, name: str | None, expected: dict[str, object]) -> None:
    """The SDK sends `X-API-Key` only, and reads the five fields."""
    clone = sdk.vms.clone("vmid-abc-15", wait=wait, snapshot_name=name)
    assert {key: clone[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("vm_id", "error"),
    [
        ("vmid-forbidden-403", ForbiddenError),
        ("vmid-missing-404", requests.HTTPError),
        ("vmid-quota-429", RateLimitError),
        ("vmid-slow-504", NetworkError),
    ],
)
def test_the_sdk_raises_its_own_errors(sdk: instavm.InstaVM, vm_id: str, error: type[Exception]) -> None:
    """Each failure that the mock can show reaches the SDK's user as the SDK's own exception."""
    with pytest.raises(error):
        sdk.vms.clone(vm_id)


def test_the_sdk_raises_on_a_wrong_key(url: str) -> None:
    """401 is an AuthenticationError."""
    stranger = instavm.InstaVM(api_key="wrong", base_url=url, auto_start_session=False)
    with pytest.raises(AuthenticationError):
        stranger.vms.clone("vmid-abc-15")


def test_the_command_of_the_sdk_clones_a_vm(url: str, tmp_path: Path) -> None:
    """`instavm clone` against the mock."""
    environment = {**os.environ, "INSTAVM_API_KEY": KEY, "INSTAVM_BASE_URL": url, "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "instavm", "clone", "vmid-abc-15", "--name", "x", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert '"snapshot_deleted": false' in done.stdout
