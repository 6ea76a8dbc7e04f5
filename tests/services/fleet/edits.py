"""The faults of a validator that was given slightly other rules."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any


def edit_schemas(schemas: dict[str, Any], fault: str) -> dict[str, Any]:
    """A copy with the fault of this id, if it is one of schemas."""
    schemas = copy.deepcopy(schemas)
    vehicle, patch, keeper = schemas["VehicleIn"], schemas["VehiclePatch"], schemas["Keeper"]
    booking, driver, card, invoice = (schemas[name] for name in ("Booking", "Driver", "Card", "Invoice"))
    changes, relabel, retire = schemas["Changes"]["properties"]["changes"], schemas["Relabel"], schemas["Retire"]
    quote, report, photo = schemas["quote"], schemas["startReport"], schemas["addPhoto"]
    v, p, k = vehicle["properties"], patch["properties"], keeper["properties"]
    b, d, c, i = booking["properties"], driver["properties"], card["properties"], invoice["properties"]
    q, r, f = quote["properties"], report["properties"], photo["properties"]
    features, extras, attributes = schemas["Features"], schemas["Extras"], schemas["Attributes"]
    extra = "additionalProperties"
    schemas["Text"] = {"type": "string"}
    text = {"type": "string"}
    payment = b["payment"] = copy.deepcopy(schemas["Payment"])
    edits: dict[str, Callable[[], Any]] = {
        "N01": lambda: vehicle["required"].remove("plate"),
        "N02": lambda: vehicle.pop(extra),
        "N03": lambda: v["plate"].update(pattern="^[A-Z]{1,3}-[0-9]{1,4}"),
        "N04": lambda: v["plate"].update(pattern="^[A-Za-z]{1,3}-[0-9]{1,4}$"),
        "N05": lambda: v.update({"class": text}),
        "N07": lambda: v["seats"].update(minimum=0),
        "N08": lambda: v["seats"].update(maximum=61),
        "N09": lambda: v["mileage"].pop("minimum"),
        "N10": lambda: v["mileage"].pop("multipleOf"),
        "N11": lambda: v["mileage"].pop("maximum"),
        "N12": lambda: v["registered_on"].pop("format"),
        "N13": lambda: v["vin"].pop("minLength"),
        "N14": lambda: v["load"].update(exclusiveMinimum=-1),
        "N15": lambda: v["load"].update(exclusiveMaximum=40.01),
        "N16": lambda: features.update(maxItems=7),
        "N17": lambda: features.pop("uniqueItems"),
        "N18": lambda: features["items"].pop("minLength"),
        "N19": lambda: k["email"].pop("format"),
        "N20": lambda: keeper.pop(extra),
        "N21": lambda: keeper["required"].remove("email"),
        "N22": lambda: attributes.pop("propertyNames"),
        "N23": lambda: attributes.pop("maxProperties"),
        "N24": lambda: attributes.update({extra: True}),
        "N25": lambda: v["manual"].pop("format"),
        "N26": lambda: vehicle.pop("dependentRequired"),
        "N27": lambda: v["notes"].update(maxLength=201),
        "N28": lambda: v["unlock_code"].update(pattern="^[0-9]{4}"),
        "N36": lambda: p.update({"class": {"enum": ["compact", "estate", "van", "truck", None]}}),
        "N37": lambda: patch.pop(extra),
        "N38": lambda: patch.pop("minProperties"),
        "N39": lambda: p["seats"].pop("maximum"),
        "N40": lambda: card["required"].remove("holder"),
        "N41": lambda: c["number"].update(pattern="^[0-9]{15,16}$"),
        "N42": lambda: card.pop(extra),
        "N43": lambda: i["cost_centre"].update(pattern="[A-Z]{2}[0-9]{3}$"),
        "N44": lambda: i["days"].pop("enum"),
        "N45": lambda: payment["properties"].pop("method"),
        "N46": lambda: driver["required"].remove("email"),
        "N47": lambda: b["passengers"].update(maximum=10),
        "N48": lambda: extras.pop("uniqueItems"),
        "N49": lambda: b["starts_at"].update({"format": "x", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"}),
        "N51": lambda: d["licence"].update(pattern="^[A-Za-z0-9]{6,12}$"),
        "N52": lambda: b.update(purpose={"type": ["string", "null"]}),
        "N53": lambda: schemas["decideBooking"]["properties"]["status"].pop("enum"),
        "N54": lambda: changes.pop("minItems"),
        "N55": lambda: changes.update(maxItems=21),
        "N56": lambda: relabel["required"].remove("notes"),
        "N57": lambda: retire.pop(extra),
        "N58": lambda: changes["items"]["properties"].pop("op"),
        "N59": lambda: retire["properties"]["id"].pop("format"),
        "N78": lambda: q["days"].update(maximum=61),
        "N79": lambda: extras["items"].pop("enum"),
        "N80": lambda: q["promo"].update(pattern="^[A-Za-z0-9]{4,8}$"),
        "N81": lambda: quote.pop(extra),
        "N82": lambda: quote["required"].remove("class"),
        "N84": lambda: report["required"].remove("from"),
        "N85": lambda: r.update(kind=text),
        "N86": lambda: r["from"].pop("format"),
        "N87": lambda: report.pop(extra),
        "N88": lambda: r["title"].pop("maxLength"),
        "N92": lambda: f["caption"].update(maxLength=81),
        "N93": lambda: f["position"].update(maximum=21),
        "N94": lambda: f["angle"].pop("enum"),
        "N96": lambda: f["caption"].pop("minLength"),
        "P01": lambda: v["plate"].update(pattern="^[A-Z]{2,3}-[0-9]{1,4}$"),
        "P02": lambda: v["seats"].update(maximum=59),
        "P03": lambda: v["seats"].update(minimum=2),
        "P04": lambda: v["vin"].update(type="string"),
        "P05": lambda: v["notes"].update(type="string"),
        "P06": lambda: schemas["Class"]["enum"].remove("truck"),
        "P07": lambda: v["mileage"].update(exclusiveMinimum=0),
        "P09": lambda: features.update(minItems=1),
        "P10": lambda: features.update(maxItems=5),
        "P11": lambda: v["notes"].update(maxLength=199),
        "P12": lambda: k["name"].update(pattern="^[ -~]*$"),
        "P13": lambda: vehicle["required"].append("keeper"),
        "P14": lambda: attributes.update(minProperties=1),
        "P15": lambda: attributes.update({extra: {"type": "integer", "minimum": 0}}),
        "P16": lambda: vehicle["required"].append("fuel"),
        "P17": lambda: vehicle.update(dependentRequired={"insured_until": ["insurer"], "insurer": ["insured_until"]}),
        "P18": lambda: b["passengers"].update(maximum=8),
        "P21": lambda: invoice["required"].append("days"),
        "P22": lambda: d["licence"].update(type="string"),
        "P24": lambda: extras.update(maxItems=2),
        "P29": lambda: p["load"].update(type="number"),
        "P30": lambda: p["keeper"].update(required=["name", "email"]),
        "P35": lambda: q["promo"].update(pattern="^[A-Z0-9]{4,7}$"),
        "P36": lambda: q["days"].update(maximum=59),
        "P37": lambda: q["express"].update({"const": True}),
        "P38": lambda: r["title"].update(type="string"),
        "P39": lambda: changes.update(maxItems=19),
        "P40": lambda: relabel["properties"]["notes"].update(type="string"),
        "P41": lambda: f["caption"].update(maxLength=79),
        "P43": lambda: photo["required"].append("position"),
        "P46": lambda: attributes.update(propertyNames={"pattern": "^[a-z]{1,16}$"}),
    }  # fmt: skip
    if fault in edits:
        edits[fault]()
    return schemas


def edit_parameters(parameters: dict[str, list[Any]], fault: str) -> dict[str, list[Any]]:
    """A copy with the fault of this id, if it is one of parameters."""
    parameters = copy.deepcopy(parameters)
    v = {each["name"]: each["schema"] for each in parameters["listVehicles"]}
    b = {each["name"]: each["schema"] for each in parameters["listBookings"]}
    read = {each["name"]: each["schema"] for each in parameters["readVehicle"]}
    create = {each["name"]: each["schema"] for each in parameters["createVehicle"]}
    edits: dict[str, Callable[[], Any]] = {
        "N60": lambda: v["limit"].pop("minimum"),
        "N61": lambda: v["limit"].pop("maximum"),
        "N63": lambda: v["class"].update(items={"type": "string"}),
        "N64": lambda: v["sort"]["items"].pop("enum"),
        "N65": lambda: v["sort"].pop("maxItems"),
        "N66": lambda: v["mileage"].pop("additionalProperties"),
        "N67": lambda: v["mileage"]["properties"]["min"].pop("minimum"),
        "N68": lambda: v["registered_from"].pop("format"),
        "N69": lambda: v["electric"].pop("type"),
        "N70": lambda: v["cursor"].pop("pattern"),
        "N72": lambda: b["page"].pop("minimum"),
        "N73": lambda: b["per_page"].update(maximum=51),
        "N74": lambda: (b["status"].clear(), b["status"].update(type="string")),
        "N75": lambda: b["starts_after"].pop("format"),
        "N76": lambda: read["X-Units"].pop("enum"),
        "N77": lambda: create["Idempotency-Key"].pop("format"),
        "N97": lambda: v["class"].pop("uniqueItems"),
        "P25": lambda: v["limit"].update(maximum=99),
        "P26": lambda: v["sort"].update(maxItems=1),
        "P27": lambda: v["class"].update(maxItems=1),
        "P31": lambda: b["page"].update(maximum=1000),
        "P32": lambda: b["per_page"].update(maximum=49),
        "P33": lambda: v["mileage"]["properties"]["min"].update(exclusiveMinimum=0),
        "P34": lambda: v["electric"].update(const=True),
        "P44": lambda: read["X-Units"].update(enum=["km"]),
        "P47": lambda: v["sort"]["items"]["enum"].remove("-plate"),
        "P48": lambda: v["mileage"].update(required=["min", "max"]),
    }  # fmt: skip
    if fault in edits:
        edits[fault]()
    return parameters
