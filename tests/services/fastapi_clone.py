"""The clone operation as a real FastAPI service: the oracle of the mock and the subject of the contract suite."""

import uuid
from collections.abc import Container, Iterable
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Query
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel


class VMCloneRequest(BaseModel):
    snapshot_name: str | None = None


class VMCloneResponse(BaseModel):
    vm_id: str | None = None
    session_id: str
    status: str
    snapshot_id: str | None = None
    snapshot_deleted: bool | None = None


def build_app(*, api_keys: Container[str] | None = None, vm_ids: Iterable[str] | None = None) -> FastAPI:
    """A correct implementation.

    `api_keys` are the accepted credentials, for the header and the bearer token alike; any non-empty one when None.
    `vm_ids` are the machines that exist at first; every machine when None.
    """
    machines = None if vm_ids is None else set(vm_ids)
    app = FastAPI(title="InstaVM API", version="1.0.0")
    oauth2 = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)

    async def authenticate(
        token: Annotated[str | None, Depends(oauth2)],
        x_api_key: Annotated[str | None, Header(alias="X-API-Key")] = None,
    ) -> None:
        given = [credential for credential in (token, x_api_key) if credential]
        if not any(api_keys is None or credential in api_keys for credential in given):
            raise HTTPException(401, "Not authenticated", {"WWW-Authenticate": "Bearer"})

    @app.post("/v1/vms/{vm_id}/clone", dependencies=[Depends(authenticate)])
    async def clone_vm(
        vm_id: str,
        request: VMCloneRequest,
        wait: Annotated[bool, Query(description="Wait for clone VM to be provisioned")] = True,
    ) -> VMCloneResponse:
        if machines is not None and vm_id not in machines:
            raise HTTPException(404, "VM not found")
        number = uuid.uuid4()
        clone = f"vmid-clone-{number.int % 10**12}"
        if machines is not None:
            machines.add(clone)
        return VMCloneResponse(
            vm_id=clone if wait else None,
            session_id=str(number),
            status="active" if wait else "provisioning",
            snapshot_id=f"snap-{number.hex[:12]}",
            snapshot_deleted=request.snapshot_name is None,
        )

    return app
