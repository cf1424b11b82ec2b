"""Splink on FEBRL's dataset 4 with the settings that its documentation publishes for it (the detailed model of the example febrl4), without
the social security number.

    splink_run.py RECORDS.csv duckdb|URL PAIRS.csv [levenshtein]

Writes the pairs of at least 90 % and prints {"seconds", "compared", "changes"} as JSON. `levenshtein` takes edit distances where PostgreSQL
has no Jaro-Winkler and Damerau-Levenshtein.
"""

from __future__ import annotations

import csv
import json
import logging
import sys
import time

import pandas
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

logging.disable(logging.WARNING)
THRESHOLD = 0.9


def settings(plain: bool) -> SettingsCreator:
    if plain:
        names = [cl.LevenshteinAtThresholds("given_name", [1, 2]), cl.LevenshteinAtThresholds("surname", [1, 2])]
        born = cl.LevenshteinAtThresholds("date_of_birth", [1, 2])
        postcode = cl.LevenshteinAtThresholds("postcode", [1, 2])
    else:
        names = [cl.NameComparison("given_name"), cl.NameComparison("surname")]
        born = cl.DateOfBirthComparison(
            "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True)
        postcode = cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])
    return SettingsCreator(
        unique_id_column_name="rec_id",
        link_type="link_only",
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"),
            "l.given_name = r.surname and l.surname = r.given_name",
            block_on("date_of_birth"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
        comparisons=[
            *(name.configure(term_frequency_adjustments=True) for name in names),
            born,
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            postcode.configure(term_frequency_adjustments=True),
        ],
    )


def main(records: str, where: str, pairs: str, plain: bool) -> None:
    everything = pandas.read_csv(records, dtype=str).rename(columns={"number": "rec_id"})
    files = [part.drop(columns="file").reset_index(drop=True) for _, part in everything.groupby("file")]
    if where == "duckdb":
        api = DuckDBAPI()
        tables = [api.register(file) for file in files]
        begin = time.monotonic()
    else:
        from splink.backends.postgres import PostgresAPI
        from sqlalchemy import create_engine

        class PlainAPI(PostgresAPI):
            """Loads tables by SQL alone: Splink's own way downloads an extension of DuckDB first."""

            def _table_registration(self, input: object, table_name: str) -> None:
                frame = input.to_pandas() if hasattr(input, "to_pandas") else pandas.DataFrame(input)
                frame.to_sql(
                    table_name, self._engine, schema=self._db_schema, index=False, if_exists="replace", method="multi", chunksize=500)

        begin = time.monotonic()
        api = PlainAPI(engine=create_engine(where))
        tables = [api.register(file) for file in files]
    linker = Linker(tables, settings(plain))
    linker.training.estimate_probability_two_random_records_match(
        [block_on("given_name", "surname", "date_of_birth")], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in ("date_of_birth", "postcode"):
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(rule), estimate_without_term_frequencies=True)
    found = linker.inference.predict(threshold_match_probability=THRESHOLD).as_pandas_dataframe()
    seconds = time.monotonic() - begin
    with open(pairs, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(found[["rec_id_l", "rec_id_r"]].itertuples(index=False))
    print(json.dumps({"seconds": round(seconds, 1), "found": len(found)}))


main(*sys.argv[1:4], plain=sys.argv[4:] == ["levenshtein"])
