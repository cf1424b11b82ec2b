"""A goal: a floor that has to be reached, a stretch goal beyond, and what was measured."""

from dataclasses import dataclass


@dataclass
class Goal:
    title: str
    unit: str
    floor: float
    stretch: float
    measured: float
    most: bool = False  # whether floor and stretch are upper bounds

    def meets(self, limit):
        return self.measured <= limit if self.most else self.measured >= limit

    def row(self):
        shown = [f"{'≤ ' if self.most and value is not self.measured else ''}{value:,.3g}{self.unit}"
                 for value in (self.floor, self.stretch, self.measured)]
        verdict = "stretch met" if self.meets(self.stretch) else "floor met" if self.meets(self.floor) else "**missed**"
        return f"| {self.title} | {shown[0]} | {shown[1]} | {shown[2]} | {verdict} |"
