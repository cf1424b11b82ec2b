"""The fields that the CRM was designed to have, by their names on the wire, beside what `GET /v1/objects` says it has: a name that goes
missing or is spelt otherwise is noticed here, before an integration does."""

from __future__ import annotations

import pytest

from server import Tenant

COMMON = "id external_id owner_id created_at updated_at created_by version tags"
ADDRESS = "address_street address_city address_region address_postal_code address_country"
FIELDS = {
    "account": "name domain website industry employee_count annual_revenue currency parent_id phone description lifecycle group_id "
               + ADDRESS,
    "contact": f"first_name last_name name title email phone channels accounts profile_id do_not_contact language time_zone {ADDRESS}",
    "lead": "first_name last_name company title email phone website source status score campaign message profile_id "
            "converted_account_id converted_contact_id converted_opportunity_id converted_at",
    "opportunity": "name account_id pipeline_id stage_id amount currency close_date probability probability_manual forecast_category "
                   "status lost_reason source campaign contacts products recurring_amount recurring_period closed_at",
    "pipeline": "name team_id position stages",
    "stage": "pipeline_id key name position probability forecast_category status rotten_days required_fields",
    "product": "name sku series list_price currency active",
    "activity": "type direction status subject body started_at ended_at due_at due_date duration_s outcome priority source thread_id "
                "recording_url links",
    "ticket": "subject body status priority channel account_id contact_id first_response_due_at next_response_due_at resolution_due_at "
              "solved_at",
    "user": "name email role_ids team_id manager_id time_zone active",
    "team": "name parent_id",
    "comment": "object object_id body mentions",
    "view": "object name filter sort fields shared",
}
CHILDREN = {
    ("contact", "channels"): "kind value label primary opted_out invalid",
    ("contact", "accounts"): "account_id role from to primary",
    ("opportunity", "contacts"): "contact_id role primary",
    ("opportunity", "products"): "product_id quantity unit_price discount",
    ("activity", "links"): "object record_id role",
}


@pytest.mark.quick
def test_every_designed_field_is_there_under_its_name(tenant: Tenant) -> None:
    objects = {each["name"]: each for each in tenant.get("/v1/objects").json()["items"]}
    missing = {}
    for name, fields in FIELDS.items():
        described = objects[name]
        has = {each["name"] for each in described["fields"] + described["children"]}
        missing[name] = set(f"{COMMON} {fields}".split()) - has
    for (name, child), fields in CHILDREN.items():
        rows = next(each for each in objects[name]["children"] if each["name"] == child)
        missing[f"{name}.{child}"] = set(fields.split()) - {each["name"] for each in rows["fields"]}
    assert {name: names for name, names in missing.items() if names} == {}
