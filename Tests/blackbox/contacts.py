"""A file of synthetic contacts from a seed: repeats, bad rows, and one row that no reader expects. No name of a person is in it."""

from __future__ import annotations

import pathlib
import random
from dataclasses import dataclass

HEADER = "Kontakt-ID;Vorname;Nachname;E-Mail;Telefon;Angelegt;Umsatz"
CITIES = ["Köln", "Zürich", "Málaga", "Besançon", "Łódź"]


@dataclass
class Made:
    path: pathlib.Path
    rows: int
    bad: int
    repeats: int
    #: Line of the row with a cell too many.
    odd_line: int

    @property
    def contacts(self) -> int:
        return self.rows - self.bad - self.repeats - 1


def write(path: pathlib.Path, rows: int, seed: int, encoding: str = "cp1252") -> Made:
    """5 % repeat an earlier row, 1 % have an address that is none; at nine tenths a row has a cell too many."""
    chance = random.Random(seed)
    odd = rows * 9 // 10
    bad = repeats = 0
    good: list[int] = []
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        file.write(HEADER + "\r\n")
        for number in range(1, rows + 1):
            kind = chance.random()
            who = number
            email = f"person-{number}@company-{number % 5_000}.example"
            tail = ""
            if number == odd:
                tail = ";zu viel"
            elif kind < 0.01:
                bad += 1
                email = f"person {number} at company"
            elif kind < 0.06 and good:
                repeats += 1
                who = good[chance.randrange(len(good))]
                email = f"person-{who}@company-{who % 5_000}.example"
            else:
                good.append(number)
            created = f"{who % 28 + 1:02}.{who % 12 + 1:02}.2025"
            # ü and ß are single bytes in Windows-1252.
            cells = [f"K{who}", f"Prüfling {who}", f"Straße {who % 97}", email, f"+49 221 {who % 9_000_000 + 1_000_000}", created,
                     f"{who % 9_000 + 1},50"]
            file.write(";".join(cells) + tail + "\r\n")
    return Made(path, rows, bad, repeats, odd + 1)
