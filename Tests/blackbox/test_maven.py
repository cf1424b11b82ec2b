"""Maven's sales data as somebody would bring it: with misspellings. The dry run names each; then API, BI SQL and awk agree."""

from __future__ import annotations

import collections
import csv
import json
import os
import pathlib
import random
import shutil
import string
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

from server import Server, Tenant
from test_import import EXAMPLES, MAVEN, MAVEN_FILES, awk, counts, one, run

# Three copies in the long form, one in `make test`.
SEEDS = (1, 2, 3) if os.environ.get("TANDEM_TEST_FULL") == "1" else (1,)
# The column of the pipeline's file → where its right spellings stand.
LINKS = {"sales_agent": ("sales_teams.csv", "sales_agent"), "product": ("products.csv", "product"), "account": ("accounts.csv", "account")}


def read(file: pathlib.Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def write(file: pathlib.Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def misspell(word: str, chance: random.Random) -> str:
    """One letter left out, doubled, changed or swapped with its neighbour, so that the letters differ."""
    while True:
        place = chance.randrange(1, len(word) - 1)
        wrong = chance.choice([
            word[:place] + word[place + 1:], word[:place] + word[place] + word[place:],
            word[:place] + chance.choice(string.ascii_lowercase) + word[place + 1:],
            word[:place] + word[place + 1] + word[place] + word[place + 2:]])
        if [c for c in wrong.lower() if c.isalnum()] != [c for c in word.lower() if c.isalnum()]:
            return wrong


def seed_three(folder: pathlib.Path, chance: random.Random) -> dict[int, tuple[str, str, str]]:
    """Misspells three cells of the copy's pipeline, one of each link; {line: (column, wrong, right)}."""
    rows = read(folder / "sales_pipeline.csv")
    known = {column: {row[name] for row in read(folder / file)} for column, (file, name) in LINKS.items()}
    seeded: dict[int, tuple[str, str, str]] = {}
    for column in LINKS:
        while True:
            number = chance.randrange(len(rows))
            right = rows[number][column]
            if number + 2 not in seeded and right in known[column]:
                break
        while (wrong := misspell(right, chance)) in known[column]:
            pass
        rows[number][column] = wrong
        seeded[number + 2] = (column, wrong, right)
    write(folder / "sales_pipeline.csv", rows)
    return seeded


def strict_maps(folder: pathlib.Path) -> None:
    """The project's mappings without the two spellings that they put right, and with the sector as a field of options."""
    for object in MAVEN_FILES:
        text = (EXAMPLES / f"maven-{object}.yaml").read_text()
        text = text.replace("{column: product, ref: products.name, values: {GTXPro: GTX Pro}}", "{column: product, ref: products.name}")
        text = text.replace("industry: {column: sector, values: {technolgy: technology}}", "cf_sector: sector")
        if object == "opportunities":
            text = text.replace("history:\n", "  cf_engaged_on: {column: engage_date, format: MM/DD/YYYY}\nhistory:\n", 1)
        (folder / f"maven-{object}.yaml").write_text(text)


def mend(folder: pathlib.Path, seeded: dict[int, tuple[str, str, str]]) -> None:
    """What the dry run asks for: values beside each column that it named."""
    map = folder / "maven-opportunities.yaml"
    text = map.read_text()
    for column in LINKS:
        values = {wrong: right for name, wrong, right in seeded.values() if name == column}
        if column == "product":
            values["GTXPro"] = "GTX Pro"
        text = text.replace(f"{{column: {column}, ref", "{column: %s, values: %s, ref" % (column, json.dumps(values)))
    map.write_text(text)
    map = folder / "maven-accounts.yaml"
    map.write_text(map.read_text().replace("cf_sector: sector", "cf_sector: {column: sector, values: {technolgy: technology}}"))


def custom_fields(tenant: Tenant) -> None:
    sectors = sorted({row["sector"] for row in read(MAVEN / "accounts.csv")} - {"technolgy"} | {"technology"})
    for object, field in (
        ("account", {"name": "cf_sector", "label": "Sector", "type": "select", "options": sectors}),
        ("opportunity", {"name": "cf_engaged_on", "label": "Engaged on", "type": "date"}),
    ):
        made = tenant.post(f"/v1/objects/{object}/fields", field)
        assert made.status_code == 201, made.text


def faults(answer: dict[str, Any]) -> dict[int, list[str]]:
    return {row["line"]: [fault["reason"] for fault in row["errors"]] for row in answer["rows"] if row["outcome"] == "rejected"}


def expected(wrong: str, right: str) -> str:
    return f"did you mean `{right}`? add values: {{{wrong}: {right}}}"


def by_api(tenant: Tenant) -> dict[str, Any]:
    def page(after: str | None) -> dict[str, Any]:
        body = {"where": {"field": "status", "value": "won"}, "fields": ["close_date", "cf_engaged_on"], "limit": 1000}
        answer = tenant.post("/v1/opportunities/search", {**body, **({"after": after} if after else {})})
        assert answer.status_code == 200, answer.text
        return answer.json()

    sums = tenant.post("/v1/opportunities:aggregate", {
        "group": ["status"], "measures": [{"fn": "count"}, {"fn": "sum", "field": "amount"}],
        "where": {"field": "status", "op": "in", "value": ["won", "lost"]}})
    assert sums.status_code == 200, sums.text
    number: collections.Counter[str] = collections.Counter()
    value = Decimal(0)
    for row in sums.json()["items"]:
        number[row["group"]["status"]] += row["measures"]["count"]
        if row["group"]["status"] == "won":
            value += Decimal(row["measures"]["sum_amount"])
    days, after = [], None
    while True:
        answer = page(after)
        days += [(date.fromisoformat(each["close_date"]) - date.fromisoformat(each["cf_engaged_on"])).days for each in answer["items"]]
        after = answer["page"]["next"]
        if after is None:
            break
    won, lost = number["won"], number["lost"]
    return {"won value": int(value), "win rate": round(100 * won / (won + lost), 4), "mean won cycle": round(sum(days) / len(days), 4)}


BI = """
select
    (select sum(amount)::bigint from opportunities where status = 'won'),
    (select round(100.0 * count(*) filter (where status = 'won') / count(*), 4)::float from opportunities where status in ('won', 'lost')),
    (select round(avg(extract(epoch from won.entered_at - engaged.entered_at) / 86400), 4)::float
     from opportunity_stages won
     join stages s on s.id = won.stage_id and s.status = 'won'
     join opportunity_stages engaged on engaged.opportunity_id = won.opportunity_id
     join stages e on e.id = engaged.stage_id and e.name = 'Engaging')
"""
AWK = r"""
function days(text,  part, y, m, d, era, yoe, doy) {
    split(text, part, "/"); m = part[1]; d = part[2]; y = part[3]
    if (m <= 2) y--
    era = int(y / 400); yoe = y - era * 400
    doy = int((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 1
    return era * 146097 + yoe * 365 + int(yoe / 4) - int(yoe / 100) + doy
}
BEGIN { FS = "," }
$5 == "Won" { won++; sum += $8; cycle += days($7) - days($6) }
$5 == "Lost" { lost++ }
END { printf "%d %.4f %.4f\n", sum, 100 * won / (won + lost), cycle / won }
"""


def test_the_dry_run_names_each_misspelling_and_the_sums_agree(
    tandem: Server, tmp_path: pathlib.Path, figures: Callable[[str, Any], None]
) -> None:
    for seed in SEEDS:
        tenant = tandem.tenant(f"maven-{seed}")
        folder = tmp_path / str(seed)
        shutil.copytree(MAVEN, folder)
        custom_fields(tenant)
        strict_maps(folder)
        seeded = seed_three(folder, random.Random(seed))
        for object in ("products", "users"):
            assert counts(run(tenant, object, folder / MAVEN_FILES[object], folder / f"maven-{object}.yaml"))[4] == 0

        # Accounts: the dry run names `technolgy`, in each row that has it.
        accounts = folder / "accounts.csv"
        rehearsed = run(tenant, "accounts", accounts, folder / "maven-accounts.yaml", "--dry-run")
        wrong = {number for number, row in enumerate(read(accounts), 2) if row["sector"] == "technolgy"}
        named = faults(rehearsed)
        assert set(named) == wrong and len(wrong) == 12
        assert all(len(each) == 1 and expected("technolgy", "technology") in each[0] for each in named.values()), named
        assert one(tenant, "select count(*) from accounts") == 0
        mend(folder, {})
        assert counts(run(tenant, "accounts", accounts, folder / "maven-accounts.yaml")) == (85, 85, 0, 0, 0)

        # Opportunities: each of the three and `GTXPro`, and nothing else.
        strict_maps(folder)
        pipeline = folder / "sales_pipeline.csv"
        rehearsed = run(tenant, "opportunities", pipeline, folder / "maven-opportunities.yaml", "--dry-run")
        named = faults(rehearsed)
        gtx = {number for number, row in enumerate(read(pipeline), 2) if row["product"] == "GTXPro"}
        assert set(named) == gtx | set(seeded)
        for line, (column, misspelt, right) in seeded.items():
            assert any(f"`{misspelt}` is no " in reason and expected(misspelt, right) in reason for reason in named[line]), named[line]
        assert all(any(expected("GTXPro", "GTX Pro") in reason for reason in named[line]) for line in gtx)
        assert one(tenant, "select count(*) from opportunities") == 0

        mend(folder, seeded)
        done = run(tenant, "opportunities", pipeline, folder / "maven-opportunities.yaml")
        assert counts(done) == (8800, 8800, 0, 0, 0)

        value, rate, cycle = awk(AWK, MAVEN / "sales_pipeline.csv")
        by_awk = {"won value": int(value), "win rate": float(rate), "mean won cycle": float(cycle)}
        with psycopg.connect(tandem.cli("bi", "user", "create", tenant.slug, "analyst")["dsn"]) as connection:
            by_bi = dict(zip(by_awk, connection.execute(BI).fetchone()))
        assert by_api(tenant) == by_bi == by_awk
        words = [
            f"line {line}: " + ("an agent's name" if column == "sales_agent" else f"`{misspelt}` for `{right}`")
            for line, (column, misspelt, right) in sorted(seeded.items())]
        words += [f"`GTXPro` in {len(gtx):,} rows", f"`technolgy` in {len(wrong)} rows"]
        figures(f"copy {seed}", {"named by the dry run": "; ".join(words)})
    for name, number in by_awk.items():
        figures(name, {"API": number, "BI SQL": number, "awk": number})
