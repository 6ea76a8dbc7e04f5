"""What is referred to may have to have something, or be on duty: it is made with every member then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contract_tests.small_services import bugs_of
from tests.services import pinboard
from tests.services.frame import Refused, Service, serve

DOCUMENT = """
openapi: 3.1.0
info: {title: Jobs, version: "1"}
paths:
  /drivers:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/DriverIn"}}}}
      responses:
        "201": {description: The driver, content: {application/json: {schema: {$ref: "#/components/schemas/Driver"}}}}
        "422": {description: Not valid}
  /drivers/{driver_id}:
    get:
      parameters: [{name: driver_id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200": {description: The driver, content: {application/json: {schema: {$ref: "#/components/schemas/Driver"}}}}
        "404": {description: No such driver}
  /jobs:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/JobIn"}}}}
      responses:
        "201": {description: The job, content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}}
        "409": {description: The driver is off duty}
        "422": {description: Not valid}
components:
  schemas:
    DriverIn: &driver
      type: object
      required: [name]
      additionalProperties: false
      properties: {name: {type: string, minLength: 1, maxLength: 40}, on_duty: {type: boolean, default: false}}
    Driver: {type: object, required: [id], properties: {id: {type: integer}}}
    JobIn:
      type: object
      required: [driver_id, load]
      additionalProperties: false
      properties: {driver_id: {type: integer}, load: {type: integer, minimum: 1, maximum: 9}}
    Job: {type: object, required: [id], properties: {id: {type: integer}}}
"""


def build(contract: Path, fault: str) -> Starlette:
    """Jobs of drivers, who must be on duty."""
    service, drivers = Service(contract, fault), dict[int, Any]()

    async def make_driver(request: Request) -> Response:
        sent, number = await service.body(request, "DriverIn"), next(service.numbers)
        drivers[number] = {"id": number, "on_duty": False, **sent}
        return JSONResponse(drivers[number], 201)

    async def read_driver(request: Request) -> Response:
        text = request.path_params["driver_id"]
        driver = drivers.get(int(text)) if text.isascii() and text.isdecimal() and len(text) < 12 else None
        return JSONResponse(driver) if driver else Response(status_code=404)

    async def make_job(request: Request) -> Response:
        sent = await service.body(request)
        if isinstance(sent, dict) and sent.get("load") == 10 and fault:
            sent["load"] = 9
        service.checked(sent, "JobIn")
        if not drivers.get(int(sent["driver_id"]), {"on_duty": False})["on_duty"]:
            raise Refused(409)
        return JSONResponse({"id": next(service.numbers)}, 201)

    return serve(
        [
            Route("/drivers", make_driver, methods=["POST"]),
            Route("/drivers/{driver_id}", read_driver, methods=["GET"]),
            Route("/jobs", make_job, methods=["POST"]),
        ]
    )


@pytest.mark.parametrize("fault", ["", "ten is taken for nine"])
def test_who_is_referred_to_is_on_duty(fault: str, tmp_path: Path) -> None:
    contract = tmp_path / "jobs.yaml"
    contract.write_text(DOCUMENT)
    bugs = bugs_of(build(contract, fault), yaml.safe_load(DOCUMENT), tmp_path)

    assert any("POST /jobs accepts load=10" in bug for bug in bugs) is bool(fault), bugs


@pytest.mark.parametrize("fault", ["", "frames may be halves"])
def test_a_part_of_nothing_makes_no_half(fault: str, tmp_path: Path) -> None:
    document = yaml.safe_load(pinboard.CONTRACT.read_text())
    bugs = bugs_of(pinboard.build(fault), document, tmp_path)

    assert any("has a wrong `frame`" in bug for bug in bugs) is bool(fault), bugs
