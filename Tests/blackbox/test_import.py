"""Imports through the command line: CDNOW and Maven with the counts and sums that a plain reading of the files gives, and
what a mapping may say, told with small files."""

from __future__ import annotations

import csv
import json
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from server import ROOT, CommandFailed, Server, Tenant

EXAMPLES = ROOT / "docs/examples"
CDNOW = ROOT / "Demo/cdnow/CDNOW_master.txt"
MAVEN = ROOT / "Demo/maven_crm"
MAVEN_FILES = {
    "products": "products.csv",
    "accounts": "accounts.csv",
    "users": "sales_teams.csv",
    "opportunities": "sales_pipeline.csv",
}


def run(tenant: Tenant, object: str, file: pathlib.Path, map: pathlib.Path, *more: str) -> dict[str, Any]:
    return tenant.server.cli("import", object, str(file), "--map", str(map), "--tenant", tenant.slug, *more)


def counts(answer: dict[str, Any]) -> tuple[int, ...]:
    return tuple(answer["import"][name] for name in ("read", "created", "updated", "unchanged", "rejected"))


def awk(program: str, file: pathlib.Path) -> list[str]:
    return subprocess.run(["awk", program, str(file)], check=True, capture_output=True, text=True).stdout.split()


def rows(tenant: Tenant, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return tenant.server.sql(query, parameters or None, schema=tenant.schema)


def one(tenant: Tenant, query: str, *parameters: Any) -> Any:
    return rows(tenant, query, *parameters)[0][0]


class Files:
    """Small files of one test, and imports of them."""

    def __init__(self, folder: pathlib.Path, tenant: Tenant) -> None:
        self.folder = folder
        self.tenant = tenant

    def run(self, object: str, text: str, map: str, *more: str, name: str = "data.csv") -> dict[str, Any]:
        (self.folder / name).write_text(text)
        (self.folder / "map.yaml").write_text(map)
        return run(self.tenant, object, self.folder / name, self.folder / "map.yaml", *more)

    def fail(self, object: str, text: str, map: str, *more: str) -> str:
        with pytest.raises(CommandFailed) as failure:
            self.run(object, text, map, *more)
        assert failure.value.code == 64, failure.value
        return json.loads(failure.value.errors.splitlines()[-1])["error"]["message"]


@pytest.fixture
def files(tmp_path: pathlib.Path, tenant: Tenant) -> Files:
    return Files(tmp_path, tenant)


def test_cdnow_twice(tenant: Tenant, figures: Callable[[str, Any], None]) -> None:
    number, dollars = awk('NR > 1 { n++; sum += $4 } END { printf "%d %.2f\\n", n, sum }', CDNOW)
    assert int(number) == 69_659
    began = time.monotonic()
    first = run(tenant, "events", CDNOW, EXAMPLES / "cdnow-events.yaml")
    took = time.monotonic() - began
    assert counts(first) == (69_659, 69_659, 0, 0, 0)
    assert first["rejects"] is None

    def stored() -> tuple[int, Decimal, int]:
        return rows(
            tenant,
            "select count(*), sum((properties -> 'revenue')::numeric), count(distinct profile_id) from events",
        )[0]

    assert stored() == (69_659, Decimal(dollars), 23_570)
    assert one(tenant, "select min(ts)::date::text from events") == "1997-01-01"

    second = run(tenant, "events", CDNOW, EXAMPLES / "cdnow-events.yaml")
    assert counts(second) == (69_659, 0, 0, 69_659, 0)
    assert stored() == (69_659, Decimal(dollars), 23_570)
    figures("events", 69_659)
    figures("sum of dollars", dollars)
    figures("seconds of the first import", round(took, 1))


def maven(tenant: Tenant) -> dict[str, dict[str, Any]]:
    return {
        object: run(tenant, object, MAVEN / name, EXAMPLES / f"maven-{object}.yaml")
        for object, name in MAVEN_FILES.items()
    }


def test_maven_twice(tenant: Tenant, figures: Callable[[str, Any], None]) -> None:
    (won,) = awk('BEGIN { FS = "," } $5 == "Won" { sum += $8 } END { print sum }', MAVEN / "sales_pipeline.csv")
    first = maven(tenant)
    assert {object: counts(answer) for object, answer in first.items()} == {
        "products": (7, 7, 0, 0, 0),
        "accounts": (85, 85, 0, 0, 0),
        "users": (35, 35, 0, 0, 0),
        "opportunities": (8800, 8800, 0, 0, 0),
    }
    # What the file leaves open is null and counted.
    assert first["opportunities"]["import"]["unknown"] == {
        "account_id": 1425, "amount": 2089, "close_date": 2089, "products.unit_price": 2089, "stage entered": 500,
    }
    assert one(tenant, "select count(*) from accounts") == 85
    by_status = rows(tenant, "select status, count(*), sum(amount) from opportunities group by 1 order by 1")
    assert by_status == [("lost", 2473, 0), ("open", 2089, None), ("won", 4238, int(won))]
    assert one(tenant, "select count(*) from opportunities where account_id is null") == 1425
    assert one(tenant, "select count(*) from accounts where industry = 'technolgy'") == 0
    assert one(tenant, "select annual_revenue from accounts where name = 'Acme Corporation'") == 1_100_040_000
    # 35 agents, and 6 managers and 3 teams that their rows name.
    assert one(tenant, "select count(*) from users") == 41
    assert one(tenant, "select count(*) from teams") == 3
    # Accounts that belong to one further down.
    parents = {row["account"]: row["subsidiary_of"] for row in csv.DictReader((MAVEN / "accounts.csv").open())}
    found = rows(tenant, "select a.name, p.name from accounts a left join accounts p on p.id = a.parent_id")
    assert dict(found) == {name: parent or None for name, parent in parents.items()}

    second = maven(tenant)
    assert {object: counts(answer)[1:] for object, answer in second.items()} == {
        "products": (0, 0, 7, 0), "accounts": (0, 0, 85, 0), "users": (0, 0, 35, 0), "opportunities": (0, 0, 8800, 0),
    }
    figures("accounts", 85)
    figures("opportunities", 8800)
    figures("won value", won)


def test_maven_history_is_what_the_dates_prove(tenant: Tenant) -> None:
    maven(tenant)
    stays = rows(
        tenant,
        """select s.name, t.open, count(*), count(t.entered_at), count(t.exited_at)
        from opportunity_stages t join stages s on s.id = t.stage_id group by 1, 2 order by 1, 2""",
    )
    assert stays == [
        ("Engaging", False, 6711, 6711, 6711),
        ("Engaging", True, 1589, 1589, 0),
        ("Lost", True, 2473, 2473, 0),
        ("Prospecting", True, 500, 0, 0),
        ("Won", True, 4238, 4238, 0),
    ]
    dates = {
        row["opportunity_id"]: (row["engage_date"], row["close_date"])
        for row in csv.DictReader((MAVEN / "sales_pipeline.csv").open())
        if row["close_date"]
    }
    found = rows(
        tenant,
        """select o.external_id, to_char(e.entered_at, 'FMMM/FMDD/YYYY'), to_char(c.entered_at, 'FMMM/FMDD/YYYY')
        from opportunities o
        join opportunity_stages e on e.opportunity_id = o.id and e.seq = 1
        join opportunity_stages c on c.opportunity_id = o.id and c.seq = 2""",
    )
    assert {id: (engaged, closed) for id, engaged, closed in found} == dates
    assert one(tenant, "select count(*) from opportunities where closed_at::date <> close_date") == 0


def test_a_dry_run_reports_each_row_and_keeps_nothing(files: Files) -> None:
    tenant = files.tenant
    text = "name,employees,site\nAcme,10,acme.example\nBetatech,many,\n,5,\nAcme,10,acme.example\n"
    map = "match: name\nfields: {name: {column: name, empty: reject}, employee_count: employees, domain: site}\n"
    answer = files.run("accounts", text, map, "--dry-run")
    assert answer["rejects"] is None and answer["import"]["id"] is None
    assert [(row["line"], row["outcome"]) for row in answer["rows"]] == [
        (2, "created"), (3, "rejected"), (4, "rejected"), (5, "unchanged"),
    ]
    assert answer["rows"][1]["errors"] == [
        {"code": "invalid_number", "column": "employees", "field": "employee_count", "reason": "`many` is no number"}
    ]
    assert answer["rows"][2]["errors"][0]["column"] == "name"
    for relation in ("accounts", "import", "import_row", "outbox", "record_history"):
        assert one(tenant, f"select count(*) from {relation}") == 0
    assert tenant.server.cli("import", "list", "--tenant", tenant.slug) == {"items": []}


def test_rejected_rows_lie_beside_the_file(files: Files) -> None:
    text = "name,employees\nAcme,10\nBetatech,many\n\"Cancity,1\n"
    answer = files.run("accounts", text, "match: name\nfields: {name: name, employee_count: employees}\n")
    assert counts(answer) == (3, 1, 0, 0, 2)
    assert answer["rejects"] == str(files.folder / "data.csv.rejects.jsonl")
    rejects = [json.loads(line) for line in pathlib.Path(answer["rejects"]).read_text().splitlines()]
    assert [(row["row"], row["line"], row["errors"][0]["code"]) for row in rejects] == [
        (2, 3, "invalid_number"), (3, 4, "invalid_row"),
    ]
    assert rejects[0]["data"] == {"name": "Betatech", "employees": "many"}


def test_empty_cells_keep_clear_or_reject(files: Files) -> None:
    map = "match: name\nfields: {name: name, industry: {column: sector, empty: EMPTY}}\n"
    files.run("accounts", "name,sector\nAcme,Steel\n", map.replace("EMPTY", "keep"))
    industry = "select industry from accounts"
    assert counts(files.run("accounts", "name,sector\nAcme,\n", map.replace("EMPTY", "keep")))[3] == 1
    assert one(files.tenant, industry) == "Steel"
    assert counts(files.run("accounts", "name,sector\nAcme, \n", map.replace("EMPTY", "reject")))[4] == 1
    assert counts(files.run("accounts", "name,sector\nAcme,\n", map.replace("EMPTY", "clear")))[2] == 1
    assert one(files.tenant, industry) is None


def test_links_that_lead_nowhere(files: Files) -> None:
    map = "match: external_id\nfields:\n  external_id: id\n  name: id\n  account: {column: account, ref: accounts.name, on_missing: HOW}\n"
    files.run("accounts", "name\nGTX Pro\n", "match: name\nfields: {name: name}\n")
    text = "id,account\no1,GTXPro\no2,Umbrella\n"
    rejected = files.run("opportunities", text, map.replace("HOW", "reject"), "--dry-run")["rows"]
    assert [row["errors"][0]["reason"] for row in rejected] == [
        "`GTXPro` is no account; did you mean `GTX Pro`? add values: {GTXPro: GTX Pro}", "`Umbrella` is no account",
    ]
    nulled = files.run("opportunities", text, map.replace("HOW", "null"))
    assert counts(nulled) == (2, 2, 0, 0, 0)
    assert nulled["import"]["unknown"]["account"] == 2
    created = files.run("opportunities", text, map.replace("HOW", "create"))
    assert counts(created) == (2, 0, 2, 0, 0)
    assert rows(files.tenant, "select name from accounts order by 1") == [("GTX Pro",), ("GTXPro",), ("Umbrella",)]
    undone = files.tenant.server.cli("import", "undo", created["import"]["id"], "--tenant", files.tenant.slug)
    assert (undone["removed"], undone["restored"], undone["kept"]) == (2, 2, 0)
    assert rows(files.tenant, "select name from accounts") == [("GTX Pro",)]


def test_undo_removes_and_restores_what_nobody_touched_since(files: Files) -> None:
    tenant = files.tenant
    map = "match: name\nfields: {name: name, industry: sector}\n"
    files.run("accounts", "name,sector\nOld,Steel\nEdited,Steel\n", map)
    answer = files.run("accounts", "name,sector\nOld,Oil\nEdited,Oil\nNew,Oil\nNew two,Oil\nOld,Gas\n", map)
    assert counts(answer) == (5, 2, 3, 0, 0)
    tenant.api("PUT", "/v1/accounts/by/name/Edited", {"description": "by hand"}).raise_for_status()
    tenant.api("PUT", "/v1/accounts/by/name/New two", {"description": "by hand"}).raise_for_status()
    undone = tenant.server.cli("import", "undo", answer["import"]["id"], "--tenant", tenant.slug)
    assert (undone["removed"], undone["restored"], undone["kept"]) == (1, 1, 2)
    assert [(row["row"], row["code"]) for row in undone["kept_rows"]] == [(2, "version_mismatch"), (4, "version_mismatch")]
    assert undone["import"]["state"] == "undone"
    assert rows(tenant, "select name, industry from accounts order by name") == [
        ("Edited", "Oil"), ("New two", "Oil"), ("Old", "Steel"),
    ]
    with pytest.raises(CommandFailed) as failure:
        tenant.server.cli("import", "undo", answer["import"]["id"], "--tenant", tenant.slug)
    assert failure.value.code == 6


def test_rows_without_a_match_are_known_by_file_and_place(files: Files) -> None:
    text = "kind,what,who,at\ncall,Hello,Acme,2020-03-01 10:00\nnote,Again,,2020-03-02 10:00\n"
    map = """fields:
  type: kind
  subject: what
  started_at: {column: at, format: "YYYY-MM-DD HH:mm", timezone: Europe/Berlin}
  links.account: {column: who, ref: accounts.name}
"""
    files.run("accounts", "name\nAcme\n", "match: name\nfields: {name: name}\n")
    assert counts(files.run("activities", text, map)) == (2, 2, 0, 0, 0)
    assert counts(files.run("activities", text, map)) == (2, 0, 0, 2, 0)
    assert rows(files.tenant, "select started_at::text from activities order by 1")[0] == ("2020-03-01 09:00:00+00",)
    assert one(files.tenant, "select count(*) from activity_links l join accounts a on a.id = l.record_id") == 1


def test_contacts_by_address_in_any_spelling(files: Files) -> None:
    map = """match: email
fields:
  email: mail
  last_name: name
  accounts.account: {column: firm, ref: accounts.name, on_missing: create}
  accounts.role: role
"""
    text = "mail,name,firm,role\nBuyer@Acme.example,One,Acme,buyer\nbuyer@acme.example,Two,Betatech,advisor\n"
    assert counts(files.run("contacts", text, map)) == (2, 1, 1, 0, 0)
    assert rows(files.tenant, "select email_norm, last_name from contacts") == [("buyer@acme.example", "Two")]
    held = "select a.name, c.role from account_contacts c join accounts a on a.id = c.account_id order by 1"
    assert rows(files.tenant, held) == [("Acme", "buyer"), ("Betatech", "advisor")]


def test_what_a_mapping_leaves_open_is_an_error_with_its_line(files: Files) -> None:
    text = "id,day\no1,3/4/2017\n"
    base = "match: external_id\nfields:\n  external_id: id\n  name: id\n"
    message = files.fail("opportunities", text, base + "  close_date: day\n")
    assert "line 5" in message and "`3/4/2017`" in message and "format" in message
    assert "line 5" in files.fail("opportunities", text, base + "  close_date: {column: day, format: MM/DD/YY}\n")
    assert "did you mean `day`" in files.fail("opportunities", text, base + "  close_date: dya\n")
    assert "line 2" in files.fail("opportunities", text, base.replace("fields", "feilds"))
    message = files.fail("opportunities", text, base + "history:\n  Wonn: {column: day, format: MM/DD/YYYY}\n")
    assert "line 6" in message and "did you mean `Won`" in message
    assert one(files.tenant, "select count(*) from import") == 0


def test_events_of_json_lines(files: Files) -> None:
    lines = [
        {"id": "m1", "type": "Ordered", "user": {"id": "u1"}, "at": 1_593_597_600, "net": 12.5, "code": "007"},
        {"id": "m2", "type": "Returned", "user": {"id": "u1"}, "at": 1_593_597_601, "net": None, "code": "8"},
        {"id": "m3", "type": "Ordered", "user": {"id": ""}, "at": 1_593_597_602},
    ]
    map = """format: jsonl
event: type
message_id: id
timestamp: {column: at, format: unix}
identifiers: {user_id: user.id}
properties: {net: net, code: code}
"""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    answer = files.run("events", text, map, name="orders.jsonl")
    assert counts(answer) == (3, 2, 0, 0, 1)
    found = rows(files.tenant, "select message_id, event, ts::text, properties from events order by 1")
    assert found == [
        ("m1", "Ordered", "2020-07-01 10:00:00+00", {"net": 12.5, "code": "007"}),
        ("m2", "Returned", "2020-07-01 10:00:01+00", {"code": "8"}),
    ]
    with pytest.raises(CommandFailed) as failure:
        files.tenant.server.cli("import", "undo", answer["import"]["id"], "--tenant", files.tenant.slug)
    assert failure.value.code == 6


def test_an_import_that_was_killed_goes_on(tmp_path: pathlib.Path, tandem: Server, tenant: Tenant) -> None:
    number = 12_000
    file = tmp_path / "many.csv"
    file.write_text("id\n" + "".join(f"a{i}\n" for i in range(number)))
    map = tmp_path / "map.yaml"
    map.write_text("match: external_id\nfields: {external_id: id, name: id}\n")
    command = [
        str(tandem.binary), "import", "accounts", str(file), "--map", str(map), "--tenant", tenant.slug,
        "--data-dir", str(tandem.data_dir),
    ]
    for kill in range(3):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        before = one(tenant, "select count(*) from accounts")
        while one(tenant, "select count(*) from accounts") < before + 1000 and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert 0 < one(tenant, "select count(*) from accounts") < number, f"kill {kill} came too late"
    answer = run(tenant, "accounts", file, map)
    assert counts(answer) == (number, number, 0, 0, 0)
    assert one(tenant, "select count(*) from accounts") == number
    assert one(tenant, "select count(*) from import") == 1
    assert one(tenant, "select count(distinct record_id) from import_row where outcome = 'created'") == number


def test_a_row_that_would_repeat_a_record_says_which_and_how_to_write_to_it(files: Files) -> None:
    map = "fields: {last_name: name, email: mail}\n"
    files.run("contacts", "name,mail\nAda,ada@repeat.example\n", map)
    ((there,),) = rows(files.tenant, "select id::text from contacts")
    again = "name,mail\nAda King,Ada@Repeat.example\n"
    (row,) = files.run("contacts", again, map, "--dry-run", name="again.csv")["rows"]
    (fault,) = row["errors"]
    assert (fault["code"], fault["field"], fault["column"]) == ("duplicate", "email", "mail")
    assert fault["reason"] == "another contact has this email; --match email writes the row to that one"
    assert files.tenant.get(f"/v1/contacts/{fault['record']}").json()["email"] == "ada@repeat.example" and there
    assert counts(files.run("contacts", again, map, "--match", "email", name="again.csv")) == (1, 0, 1, 0, 0)


def test_an_undo_tells_of_the_people_who_stay(files: Files) -> None:
    answer = files.run("contacts", "name,mail\nAda,ada@stay.example\nBob,\n", "fields: {last_name: name, email: mail}\n")
    words = files.tenant.server.cli("import", "undo", answer["import"]["id"], "--tenant", files.tenant.slug, json=False)
    assert "removed     2" in words and "people kept 1" in words and "{" not in words, words
    assert rows(files.tenant, "select count(*) from profiles") == [(1,)]


KEYS = "match: [external_id, email]\nfields: {external_id: id, email: mail, last_name: name}\n"


def tried_and_done(files: Files, text: str, name: str) -> tuple[list[str], dict[str, Any]]:
    """Outcomes of a dry run, and the answer of the import, which says the same."""
    tried = files.run("contacts", text, KEYS, "--dry-run", name=name)
    done = files.run("contacts", text, KEYS, name=name)
    assert counts(tried) == counts(done)
    return [row["outcome"] for row in tried["rows"]], done


def test_several_keys_meet_a_record_by_the_first_that_finds_one(files: Files) -> None:
    by_mail = "match: email\nfields: {email: mail, last_name: name}\n"
    files.run("contacts", "mail,name\none@keys.example,One\ntwo@keys.example,Two\n", by_mail)
    people = "select external_id, email, last_name from contacts order by email nulls last, external_id"
    # The number is new, the address is known; after that both agree; then one of them is missing.
    assert tried_and_done(files, "id,mail,name\nk1,One@Keys.example,Uno\n", "a.csv")[0] == ["updated"]
    assert tried_and_done(files, "id,mail,name\nk1,one@keys.example,Eins\n", "b.csv")[0] == ["updated"]
    text = "id,mail,name\nk1,,Ett\n,two@keys.example,Deux\nk3,three@keys.example,Three\n,,Nobody\n"
    outcomes, done = tried_and_done(files, text, "c.csv")
    assert outcomes == ["updated", "updated", "created", "created"]
    expected = [
        ("k1", "one@keys.example", "Ett"), ("k3", "three@keys.example", "Three"), (None, "two@keys.example", "Deux"),
        (None, None, "Nobody"),
    ]
    assert rows(files.tenant, people) == expected
    # Also the row that has neither is known again, by file and place.
    assert tried_and_done(files, text, "c.csv")[0] == ["unchanged"] * 4
    undone = files.tenant.server.cli("import", "undo", done["import"]["id"], "--tenant", files.tenant.slug)
    assert (undone["removed"], undone["restored"], undone["kept"]) == (2, 2, 0)
    assert rows(files.tenant, people) == [("k1", "one@keys.example", "Eins"), (None, "two@keys.example", "Two")]


def test_keys_that_find_different_records_reject_the_row_and_name_them(files: Files) -> None:
    files.run("contacts", "id,mail,name\nd1,one@differ.example,One\nd2,two@differ.example,Two\n", KEYS)
    outcomes, done = tried_and_done(files, "id,mail,name\nd1,two@differ.example,Who\nd2,two@differ.example,Zwei\n", "torn.csv")
    assert outcomes == ["rejected", "updated"]
    (fault,) = json.loads(pathlib.Path(done["rejects"]).read_text().splitlines()[0])["errors"]
    one_id, two_id = (files.tenant.get(f"/v1/contacts/by/external_id/{key}").json()["id"] for key in ("d1", "d2"))
    assert fault["code"] == "keys_differ"
    assert f"external_id finds {one_id}, email finds {two_id}" in fault["reason"]
    assert rows(files.tenant, "select last_name from contacts order by 1") == [("One",), ("Zwei",)]


def test_rows_of_one_file_are_one_record_by_different_keys(files: Files) -> None:
    text = "id,mail,name\nf1,one@file.example,A\n,one@file.example,B\nf1,,C\nf2,two@file.example,D\nf1,two@file.example,E\n"
    outcomes, done = tried_and_done(files, text, "file.csv")
    assert outcomes == ["created", "updated", "updated", "created", "rejected"]
    assert rows(files.tenant, "select external_id, email, last_name from contacts order by 1") == [
        ("f1", "one@file.example", "C"), ("f2", "two@file.example", "D"),
    ]
    # Known records, met by another key in each row.
    text = "id,mail,name\n,one@file.example,F\nf1,,G\n"
    assert tried_and_done(files, text, "again.csv")[0] == ["updated", "updated"]
    assert one(files.tenant, "select last_name from contacts where external_id = 'f1'") == "G"
    # --match orders them too, and a mapping without a list takes them.
    single = KEYS.replace("[external_id, email]", "external_id")
    answer = files.run("contacts", "id,mail,name\nf9,one@file.example,H\n", single, "--match", "email,external_id")
    assert counts(answer) == (1, 0, 1, 0, 0)


def test_a_dry_run_knows_keys_of_rows_far_above(files: Files) -> None:
    many = "".join(f"g{i},g{i}@far.example,G\n" for i in range(1200))
    text = "id,mail,name\n" + many + ",g7@far.example,again\ng8,g9@far.example,torn\n"
    outcomes, done = tried_and_done(files, text, "far.csv")
    assert outcomes[1200:] == ["updated", "rejected"] and counts(done) == (1202, 1200, 1, 0, 1)
