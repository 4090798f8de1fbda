"""A story of the demo: each line says what should happen, and what did."""

from dataclasses import dataclass, field
from itertools import zip_longest
from textwrap import wrap

_WIDTH = 80
_EXPECTED_WIDTH = 37
_SEEN_WIDTH = _WIDTH - 3 - _EXPECTED_WIDTH - 2


@dataclass(frozen=True)
class Line:
    """Something that should happen, whether it did, and what was seen."""

    expected: str
    is_so: bool
    seen: str


@dataclass
class Story:
    """The lines of a scenario, in their order."""

    title: str
    lines: list[Line] = field(default_factory=list)

    def check(self, expected: str, is_so: bool, seen: object) -> None:
        self.lines.append(Line(expected, is_so, str(seen)))

    @property
    def ended_well(self) -> bool:
        return bool(self.lines) and all(line.is_so for line in self.lines)

    def render(self) -> str:
        """A table of 80 columns, for people."""
        head = [f"{self.title}", "", *_cells(" ", "what should happen", "what was seen"), "-" * _WIDTH]
        rows = [row for line in self.lines for row in _cells("✓" if line.is_so else "✗", line.expected, line.seen)]
        return "\n".join([*head, *rows])


def _cells(mark: str, expected: str, seen: str) -> list[str]:
    columns = zip_longest([mark], wrap(expected, _EXPECTED_WIDTH), wrap(seen, _SEEN_WIDTH), fillvalue="")
    return [f"{mark:<3}{left:<{_EXPECTED_WIDTH}}  {right}".rstrip() for mark, left, right in columns]
