"""write_records on opportunities: stages give status and probability, history and stays, lines."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from records import IMPORT, T0, Records


def test_the_stage_gives_status_probability_and_category(crm: Records) -> None:
    id = crm.create("opportunity", name="O", amount="100", currency="USD")
    record = crm.record("opportunities", id)
    assert (record["status"], record["probability"], record["forecast_category"], record["closed_at"]) == (
        "open", 10, "pipeline", None,
    )
    assert record["stage_id"] == str(crm.stage("prospecting"))

    crm.update("opportunity", id, probability=33)
    record = crm.record("opportunities", id)
    assert (record["probability"], record["probability_manual"]) == (33, True)
    crm.update("opportunity", id, amount="120")
    assert crm.record("opportunities", id)["probability"] == 33

    crm.update("opportunity", id, stage_id=str(crm.stage("engaging")))
    record = crm.record("opportunities", id)
    assert (record["probability"], record["probability_manual"], record["forecast_category"]) == (40, False, "best_case")

    crm.update("opportunity", id, stage_id=str(crm.stage("won")), forecast_category="commit", probability=90)
    record = crm.record("opportunities", id)
    assert (record["status"], record["probability"], record["forecast_category"]) == ("won", 90, "commit")
    assert record["closed_at"].startswith("2026-01-01")
    crm.update("opportunity", id, stage_id=str(crm.stage("engaging")))
    assert crm.record("opportunities", id)["closed_at"] is None


def test_history_and_stays_of_a_moving_opportunity(crm: Records) -> None:
    id = crm.create("opportunity", name="O")
    for day, key in ((2, "engaging"), (2, "engaging"), (5, "won"), (9, "engaging")):
        crm.write("opportunity", {"op": "update", "id": str(id), "data": {"stage_id": str(crm.stage(key))},
                                  "at": T0 + timedelta(days=day)})
    crm.update("opportunity", id, name="P")
    assert crm.rows(
        "select seq, new_status, changed_at from opportunity_history where opportunity_id = %s order by seq", id
    ) == [
        (1, "open", T0), (2, "open", T0 + timedelta(days=2)), (3, "won", T0 + timedelta(days=5)),
        (4, "open", T0 + timedelta(days=9)),
    ]
    day = 86400
    assert crm.rows(
        "select k.key, s.duration_s, s.open from opportunity_stages s join stages k on k.id = s.stage_id "
        "where opportunity_id = %s order by s.seq", id
    ) == [("prospecting", 2 * day, False), ("engaging", 3 * day, False), ("won", 4 * day, False), ("engaging", None, True)]


def test_an_import_records_only_what_its_dates_prove(crm: Records) -> None:
    won, lost, open_ = crm.write(
        "opportunity",
        {"op": "create", "data": {"name": "W", "stage_id": str(crm.stage("won"))}, "changed_at": T0 + timedelta(days=9),
         "history": [{"stage_id": str(crm.stage("prospecting")), "at": None},
                     {"stage_id": str(crm.stage("engaging")), "at": T0}]},
        {"op": "create", "data": {"name": "L", "stage_id": str(crm.stage("lost")), "closed_at": None}, "changed_at": None},
        {"op": "create", "data": {"name": "E", "stage_id": str(crm.stage("engaging"))}, "changed_at": T0},
        rank=IMPORT, source=3, cause="import",
    )
    def stays(result: dict[str, Any]) -> list[tuple[Any, ...]]:
        return crm.rows(
            "select k.key, s.entered_at, s.exited_at, s.open from opportunity_stages s join stages k on k.id = s.stage_id "
            "where opportunity_id = %s order by s.seq", result["id"])

    end = T0 + timedelta(days=9)
    assert stays(won) == [("prospecting", None, T0, False), ("engaging", T0, end, False), ("won", end, None, True)]
    assert crm.rows(
        "select changed_at, new_status, old_status, new_amount from opportunity_history where opportunity_id = %s order by seq",
        won["id"],
    ) == [(None, "open", None, None), (T0, "open", "open", None), (end, "won", "open", None)]
    assert stays(lost) == [("lost", None, None, True)]
    assert crm.record("opportunities", lost["id"])["closed_at"] is None
    assert stays(open_) == [("engaging", T0, None, True)]


def test_lines_make_the_amount(crm: Records) -> None:
    product = crm.create("product", name="P", list_price="10.50")
    id = crm.create("opportunity", name="O", products=[
        {"product_id": str(product), "quantity": 2}, {"product_id": str(product), "unit_price": 8, "discount": 50}])
    assert crm.record("opportunities", id)["amount"] == 25
    result = crm.update("opportunity", id, amount="999", name="P")
    assert (result["outcome"], result["detail"]) == ("updated", {"ignored": ["amount"]})
    assert crm.record("opportunities", id)["amount"] == 25
    crm.update("opportunity", id, products=[])
    assert crm.update("opportunity", id, amount="7")["outcome"] == "updated"
    assert crm.record("opportunities", id)["amount"] == 7


def test_a_stage_of_another_pipeline_is_refused(crm: Records) -> None:
    pipeline = crm.create("pipeline", name="Partners", position=5)
    (result,) = crm.write("opportunity", {"op": "create", "data": {
        "name": "O", "pipeline_id": str(pipeline), "stage_id": str(crm.stage("won"))}})
    assert result["detail"][0]["code"] == "not_in_pipeline"
    (result,) = crm.write("opportunity", {"op": "create", "data": {"name": "O", "stage_id": str(uuid.uuid4())}})
    assert (result["detail"][0]["pointer"], result["detail"][0]["code"]) == ("/stage_id", "not_in_pipeline")
