"""What a rep does with records in the console beside their fields: duplicates and merges, comments, files, tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from console import Browser, Page
from server import Server, Tenant
from test_forms import make
from test_rep import record


@pytest.fixture(scope="module")
def desk(tandem: Server) -> Iterator[Tenant]:
    yield tandem.tenant("rep-records", display_name="Records")


@pytest.fixture(scope="module")
def rep(desk: Tenant) -> Browser:
    return Browser(desk.server).sign_in("--tenant", desk.slug)


def pairs(tenant: Tenant, state: str = "open") -> list[dict[str, Any]]:
    return tenant.get(f"/v1/duplicates?state={state}&limit=200").json()["items"]


def merge_form(page: Page) -> tuple[str, list[tuple[str, str]]]:
    """The form of the comparison as a browser sends it: some names are there several times."""
    fields: list[tuple[str, str]] = []
    body = page.html.partition('id="compare"')[2].partition("</form>")[0]
    for tag in re.findall(r"<input[^>]*>", body):
        values = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if values.get("type") == "hidden" or " checked" in tag:
            fields.append((values["name"], values["value"]))
    action = re.search(r'action="([^"]*)" id="compare"', page.html)
    assert action
    return action[1], fields


def choose(page: Page, rep: Browser, do: str, **chosen: str) -> Page:
    action, fields = merge_form(page)
    fields = [(name, value) for name, value in fields if name.replace("choose.", "") not in chosen]
    fields += [(name if name == "winner" else f"choose.{name}", value) for name, value in chosen.items()]
    return Page(rep.session.post(rep.server.base_url + action, data=[*fields, ("do", do)], timeout=60))


def test_duplicates_are_found_compared_merged_and_taken_apart_again(desk: Tenant, rep: Browser) -> None:
    base = f"/console/{desk.slug}"
    ann = make(desk, "users", name="Ann", email="ann@merge.example")
    bob = make(desk, "users", name="Bob", email="bob@merge.example")
    first = make(desk, "accounts", name="Engines Ltd", phone="+44 20 7946 0018", industry="Engines", owner_id=ann)
    second = make(desk, "accounts", name="Engines Limited", phone="+44 20 7946 0019", website="https://engines.example",
                  address_city="Leeds", address_street="High St 1", owner_id=bob)
    activity = make(desk, "activities", type="note", body="Of the second", links=[{"object": "account", "id": second}])
    contact = make(desk, "contacts", last_name="Fitter", accounts=[{"account_id": second}])
    assert activity and contact
    empty = rep.get(f"{base}/duplicates")
    assert "No open pairs" in empty.text
    found = rep.submit(empty.form("/duplicates/find"))
    assert "one new pair found" in found.text and "same company name" in found.text and "name +" in found.text
    assert "Looked through all records: nothing new." in rep.submit(found.form("/duplicates/find")).text

    compared = rep.get(next(link for link in found.links if "/compare/accounts?" in link))
    for words in ["Engines Ltd", "Engines Limited", "+44 20 7946 0018", "+44 20 7946 0019", "They have different owners",
                  "1 activity links will be", "1 account contacts will be", "High St 1"]:
        assert words in compared.text, (words, compared.text)
    before = record(desk, f"accounts/{first}")
    preview = choose(compared, rep, "preview", phone=second)
    assert "Phone: +44 20 7946 0018 → +44 20 7946 0019 from Engines Limited" in preview.text, preview.text
    assert record(desk, f"accounts/{first}") == before and len(pairs(desk)) == 1, "a look changes nothing"

    merged = choose(preview, rep, "merge")
    assert "Merged: they are one now." in merged.text and "Merged into this" in merged.text
    now = record(desk, f"accounts/{first}")
    assert (now["phone"], now["website"], now["address_city"], now["name"]) == (
        "+44 20 7946 0019", "https://engines.example", "Leeds", "Engines Ltd")
    assert "Of the second" in merged.text and "Fitter" in merged.text
    moved = rep.session.get(f"{rep.server.base_url}{base}/accounts/{second}", allow_redirects=False, timeout=30)
    assert moved.status_code == 303 and moved.headers["Location"].startswith(f"{base}/accounts/{first}")
    assert "they were merged" in rep.get(f"{base}/accounts/{second}").text

    desk.api("PATCH", f"/v1/accounts/{first}", {"website": "https://new.example"})
    undo = rep.get(next(link for link in merged.links if "/record-merges/" in link))
    assert "Engines Limited, under its own address" in undo.text and "1 activity links that were moved" in undo.text
    assert "Website stays as it is: somebody has edited it since" in undo.text, undo.text
    parted = rep.submit(undo.form("/undo"))
    assert "they are separate records again" in parted.text and "could not be restored" in parted.text
    assert record(desk, f"accounts/{second}")["phone"] == "+44 20 7946 0019"
    assert record(desk, f"accounts/{first}")["phone"] == "+44 20 7946 0018"
    assert rep.get(f"{base}/accounts/{second}").response.status_code == 200
    again = rep.submit(undo.form("/undo"))
    assert "undone before" in again.text


def test_the_other_record_can_be_the_one_that_stays(desk: Tenant, rep: Browser) -> None:
    older = make(desk, "contacts", first_name="Old", last_name="Entry", email="old@stay.example", title="Buyer")
    newer = make(desk, "contacts", first_name="New", last_name="Entry", email="new@stay.example", phone="+44 20 7946 0033")
    page = rep.get(f"/console/{desk.slug}/compare/contacts?record={older}&record={newer}")
    preview = choose(page, rep, "preview", winner=newer)
    done = choose(preview, rep, "merge")
    assert done.response.url.startswith(f"{rep.server.base_url}/console/{desk.slug}/contacts/{newer}")
    shown = record(desk, f"contacts/{newer}")
    assert (shown["first_name"], shown["email"], shown["title"]) == ("New", "new@stay.example", "Buyer"), "what was proposed is no choice"


def test_a_third_record_is_found_and_compared(desk: Tenant, rep: Browser) -> None:
    ids = [make(desk, "leads", last_name=f"Triple{n}", company="Triple", email=f"triple{n}@triple.example") for n in range(3)]
    page = rep.get(f"/console/{desk.slug}/leads/{ids[0]}")
    one = rep.get(next(link for link in page.links if "/compare/leads?" in link))
    assert "Merge with which one?" in one.text and "What will happen" not in one.text
    for other in ids[1:]:
        found = rep.get(f"{one.response.url.removeprefix(rep.server.base_url)}&q=Triple")
        one = rep.get(next(link for link in found.links if other in link and "/compare/" in link))
    assert all(f"Triple{n}" in one.text for n in range(3))
    assert choose(one, rep, "merge").response.status_code == 200
    assert sum(desk.get(f"/v1/leads/{which}", allow_redirects=False).status_code == 301 for which in ids) == 2


def test_a_pair_is_kept_apart_for_good(desk: Tenant, rep: Browser) -> None:
    for _ in range(2):
        make(desk, "accounts", name="Twins of Chance")
    page = rep.submit(rep.get(f"/console/{desk.slug}/duplicates").form("/duplicates/find"))
    pair = next(pair for pair in pairs(desk) if pair["records"][0]["name"] == "Twins of Chance")
    gone = rep.submit(page.form(f"/duplicates/{pair['id']}/dismiss"))
    assert "Kept apart" in gone.text and pair["id"] in [one["id"] for one in pairs(desk, "dismissed")]
    again = rep.submit(page.form(f"/duplicates/{pair['id']}/dismiss"))
    assert "decided before" in again.text
    assert "nothing new" in rep.submit(page.form("/duplicates/find")).text


def test_what_cannot_be_merged_says_why(desk: Tenant, rep: Browser) -> None:
    one = make(desk, "accounts", name="Alone in the world")
    base = f"/console/{desk.slug}/compare/accounts"
    assert rep.get(f"{base}?record=acct_00000000000000000000000001").response.status_code == 404
    assert rep.get(base).response.status_code == 404
    page = rep.get(f"{base}?record={one}&record={one}")
    assert "Merge with which one?" in page.text, "twice the same is one"
    _, fields = merge_form(page)
    refused = Page(rep.session.post(rep.server.base_url + base, data=[*fields, ("do", "merge")], timeout=30))
    assert refused.response.status_code == 409 and "only one record" in refused.text


def test_the_search_at_night_is_switched_off_and_on(desk: Tenant, rep: Browser) -> None:
    page = rep.get(f"/console/{desk.slug}/duplicates")
    off = rep.submit(page.form("/duplicates/nightly"))
    assert "does not look by itself" in off.text and desk.get("/v1/timers").json()["items"][0]["enabled"] is False
    assert "looks every night" in rep.submit(off.form("/duplicates/nightly")).text


@pytest.mark.parametrize("plural", ["accounts", "contacts", "leads", "opportunities", "tickets"])
def test_colleagues_comment_attach_and_tag(desk: Tenant, rep: Browser, plural: str) -> None:
    colleague = make(desk, "users", name=f"Jo of {plural}", email=f"jo-{plural}@beside.example")
    which = {
        "accounts": lambda: make(desk, "accounts", name="Beside"), "contacts": lambda: make(desk, "contacts", last_name="Beside"),
        "leads": lambda: make(desk, "leads", last_name="Beside"), "tickets": lambda: make(desk, "tickets", subject="Beside"),
        "opportunities": lambda: make(desk, "opportunities", name="Beside", account_id=make(desk, "accounts", name="Its own")),
    }[plural]()
    place = f"/console/{desk.slug}/{plural}/{which}"
    page = rep.get(place)
    assert "Nobody has said anything" in page.text and "No file yet" in page.text
    said = rep.submit(page.form(f"{which}/comments"), body=f"Ask <b>them</b> @jo-{plural}@beside.example and @nobody@beside.example",
                      mention=f"@[Jo of {plural}]({colleague})")
    assert "Ask <b>them</b>" in said.text and "<b>them" not in said.html and f"@Jo of {plural}" in said.text
    assert "No colleague: nobody@beside.example" in said.text
    comment = record(desk, f"comments?object_id={which}")["items"][0]
    assert comment["mentions"] == [colleague]
    edited = rep.submit(said.form(f"/comments/{comment['id']}/edit"), body="Said better")
    assert "Said better" in edited.text and "edited" in edited.text
    gone = rep.submit(edited.form(f"/comments/{comment['id']}/delete"))
    assert "The comment is deleted." in gone.text and "Nobody has said anything" in gone.text
    assert rep.submit(page.form(f"{which}/comments"), body="  ").response.status_code == 422

    form = page.form(f"{which}/files")
    content = bytes(range(256)) * 20 + b"\r\n--not the end\r\n"
    answer = rep.session.post(rep.server.base_url + form.action, data=form.fields, timeout=30,
                              files={"file": ("offer é.pdf", content, "application/pdf")})
    shown = Page(answer)
    assert answer.status_code == 200 and "offer é.pdf" in shown.text and "5 KB" in shown.text, shown.text
    href = next(link for link in shown.links if "/files/att_" in link)
    file = rep.session.get(rep.server.base_url + href, timeout=30)
    assert (file.status_code, file.content, file.headers["Content-Type"]) == (200, content, "application/pdf")
    assert file.headers["Content-Disposition"].startswith("attachment") and "sandbox" in file.headers["Content-Security-Policy"]
    taken = rep.submit(shown.form(href.rpartition("/")[2] + "/delete"))
    assert "taken away" in taken.text and "No file yet" in taken.text
    assert rep.session.get(rep.server.base_url + href, timeout=30).status_code == 404

    tagged = rep.post(f"{place}/tags", {"csrf": form.fields["csrf"], "add": "vip, north ,vip"})
    assert sorted(record(desk, f"{plural}/{which}")["tags"]) == ["north", "vip"]
    assert "vip" in tagged.text
    rep.post(f"{place}/tags", {"csrf": form.fields["csrf"], "remove": "vip"})
    assert record(desk, f"{plural}/{which}")["tags"] == ["north"]


def test_files_that_are_none_are_refused(desk: Tenant, rep: Browser) -> None:
    which = make(desk, "accounts", name="Files")
    place = f"/console/{desk.slug}/accounts/{which}"
    form = rep.get(place).form("/files")
    url = rep.server.base_url + form.action

    def send(name: str, content: bytes, **fields: str) -> requests.Response:
        return rep.session.post(url, data={**form.fields, **fields}, files={"file": (name, content, "text/html")}, timeout=60)

    assert "25 MB" in rep.get(place).text
    assert send("large.bin", b"x" * ((25 << 20) + 1)).status_code == 413
    assert send("..", b"x").status_code == 422
    assert send("a.txt", b"x", csrf="wrong").status_code == 403
    assert rep.session.post(url, data=form.fields, timeout=30).status_code == 400, "without a file it is no such form"
    assert "<script>" not in send("<script>.html", b"<script>alert(1)</script>").text
    page = rep.get(place)
    href = next(link for link in page.links if "/files/att_" in link)
    assert rep.session.get(rep.server.base_url + href, timeout=30).headers["Content-Type"] == "application/octet-stream"


def test_only_its_author_edits_a_comment(desk: Tenant, rep: Browser) -> None:
    which = make(desk, "accounts", name="Authors")
    made = desk.post("/v1/comments", {"object": "account", "object_id": which, "body": "By the key"}).json()
    page = rep.get(f"/console/{desk.slug}/accounts/{which}")
    assert "By the key" in page.text and f"{made['id']}/edit" not in page.html
    token = page.form(f"{which}/comments").fields["csrf"]
    refused = rep.post(f"/console/{desk.slug}/comments/{made['id']}/edit", {"csrf": token, "body": "Mine"})
    assert refused.response.status_code == 403 and record(desk, f"comments/{made['id']}")["body"] == "By the key"


def test_a_page_shows_comments_and_tickets_in_its_timeline(desk: Tenant, rep: Browser) -> None:
    account = make(desk, "accounts", name="All kinds")
    contact = make(desk, "contacts", last_name="Asker", accounts=[{"account_id": account}])
    make(desk, "tickets", subject="It does not start", account_id=account, contact_id=contact)
    desk.post("/v1/comments", {"object": "account", "object_id": account, "body": "Ask @[Jo](user_00000000000000000000000001)"})
    for place in [f"accounts/{account}", f"contacts/{contact}"]:
        page = rep.get(f"/console/{desk.slug}/{place}")
        assert page.response.status_code == 200 and "It does not start" in page.text, page.text
    assert "Ask @Jo" in rep.get(f"/console/{desk.slug}/accounts/{account}").text.partition("Timeline")[2]


def test_a_list_is_saved_opened_shared_renamed_and_deleted(desk: Tenant, rep: Browser) -> None:
    base = f"/console/{desk.slug}"
    ann = make(desk, "users", name="Ann of lists", email="ann@lists.example")
    make(desk, "contacts", last_name="Listed", email="a@lists.example", owner_id=ann, tags=["vip"], phone="+44 20 7946 0099")
    make(desk, "contacts", last_name="Unlisted", email="b@lists.example", owner_id=ann)
    page = rep.get(f"{base}/contacts?q=listed&owner={ann}&tag=vip")
    saving = rep.get(next(link for link in page.links if "/lists?object=contact" in link))
    for words in ["Has: listed", "Owner: Ann of lists", "Tag: vip"]:
        assert words in saving.text, saving.text
    opened = rep.submit(saving.form("/lists"), name="My VIPs")
    assert "Listed" in opened.text and "Unlisted" not in opened.text and "+44 20 7946 0099" in opened.text
    view = desk.get("/v1/views?name=My VIPs").json()["items"][0]
    assert (view["object"], view["shared"]) == ("contact", False)
    assert [one["last_name"] for one in desk.get(f"/v1/contacts?view={view['id']}").json()["items"]] == ["Listed"]
    shared = rep.submit(opened.form(f"/lists/{view['id']}"), name="Our VIPs", shared="true", do="save")
    assert "Our VIPs" in shared.text and "for everybody" in shared.text
    # Its conditions are said, changed and left out; what menus do not hold stays as it is.
    assert all(words in shared.text for words in ["Owner is Ann of lists", "Name contains listed or Email contains listed"]), shared.text
    change = shared.form(f"/lists/{view['id']}")
    changed = rep.submit(change, do="save", field2="title", op2="is_not_set", field3="last_name", op3="ne", value3="Nobody")
    assert "Title is empty" in changed.text and "Last name is not Nobody" in changed.text and "Listed" in changed.text
    kept = desk.get(f"/v1/views/{view['id']}").json()["filter"]["all"]
    assert {"field": "tags", "op": "contains", "value": "vip"} in kept and len(kept) == 5
    wrong = rep.submit(change, do="save", field2="created_at", op2="lt", value2="yesterday")
    assert wrong.response.status_code == 422 and desk.get(f"/v1/views/{view['id']}").json()["filter"]["all"] == kept
    all_out = {"csrf": change.fields["csrf"], "name": "Our VIPs", "do": "save", "shared": "true"}
    freed = rep.post(f"/console/{desk.slug}/lists/{view['id']}", all_out)
    assert "Without a condition" in freed.text and "Unlisted" in freed.text
    again = rep.submit(saving.form("/lists"), name="Our VIPs")
    assert again.response.status_code == 422 and "already" in again.text
    assert rep.submit(saving.form("/lists"), name=" ").response.status_code == 422
    assert "Our VIPs" in rep.get(f"{base}/lists").text
    gone = rep.submit(shared.form(f"/lists/{view['id']}"), do="delete")
    assert "Our VIPs" not in gone.text.partition("Changed")[2] and desk.get(f"/v1/views/{view['id']}").status_code == 404


def test_a_list_of_what_fields_say(desk: Tenant, rep: Browser) -> None:
    """Also of a field that the tenant made: those that have it filled, and more."""
    made = desk.post("/v1/objects/accounts/fields", {"name": "cf_renewal_date", "type": "date", "label": "Renewal date"})
    assert made.status_code == 201, made.text
    for name, fields in {"Renews in May": {"cf_renewal_date": "2027-05-01", "employee_count": 12}, "Renews never": {},
                         "Renews in June": {"cf_renewal_date": "2027-06-01", "employee_count": 7}}.items():
        make(desk, "accounts", name=name, **fields)
    saving = rep.get(f"/console/{desk.slug}/lists?object=account")
    assert "Renewal date" in saving.text
    opened = rep.submit(saving.form("/lists"), name="Renewals", field1="cf_renewal_date", op1="is_set")
    assert "Renews in May" in opened.text and "Renews in June" in opened.text and "Renews never" not in opened.text
    assert "Renewal date" in opened.text
    opened = rep.submit(
        saving.form("/lists"), name="Large renewals", field1="cf_renewal_date", op1="gt", value1="2027-01-01",
        field2="employee_count", op2="gt", value2="10")
    assert "Renews in May" in opened.text and "Renews in June" not in opened.text
    wrong = rep.submit(saving.form("/lists"), name="Wrong", field1="cf_renewal_date", op1="eq", value1="soon")
    assert wrong.response.status_code == 422 and "The value of a condition" in wrong.text
    # What was chosen is still there.
    assert wrong.form("/lists").fields["value1"] == "soon" and wrong.form("/lists").fields["field1"] == "cf_renewal_date"


@pytest.mark.parametrize("plural, query", [
    ("accounts", "q=Sav"), ("leads", "status=new&owner=nobody"), ("tickets", "status=open"), ("opportunities", ""), ("contacts", "")])
def test_every_list_can_be_saved(desk: Tenant, rep: Browser, plural: str, query: str) -> None:
    page = rep.get(f"/console/{desk.slug}/{plural}?{query}")
    saving = rep.get(next(link for link in page.links if "/lists?object=" in link))
    opened = rep.submit(saving.form("/lists"), name=f"All {plural}")
    assert opened.response.status_code == 200 and f"A list of {plural}" in opened.text, opened.text


def test_a_user_sees_the_own_lists_and_those_for_everybody(desk: Tenant, rep: Browser) -> None:
    make(desk, "users", name="Reader", email="reader@lists.example")
    for name, shared in (("Only mine", False), ("For all", True)):
        assert desk.post("/v1/views", {"object": "lead", "name": name, "shared": shared}).status_code == 201
    user = Browser(desk.server).sign_in("--tenant", desk.slug, "--user", "email=reader@lists.example")
    lists = user.get(f"/console/{desk.slug}/lists?object=lead")
    assert "For all" in lists.text and "Only mine" not in lists.text
    own = user.submit(lists.form("/lists"), name="Readers own")
    assert "Change the list" in own.text and "Readers own" in user.get(f"/console/{desk.slug}/lists").text
    foreign = desk.get("/v1/views?name=Only mine").json()["items"][0]["id"]
    assert user.get(f"/console/{desk.slug}/lists/{foreign}").response.status_code == 404
    shared = user.get(next(link for link in lists.links if "/lists/view_" in link))
    assert "Change the list" not in shared.text
