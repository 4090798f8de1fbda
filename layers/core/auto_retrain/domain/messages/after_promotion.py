"""Messages of the function that watches champions after their promotion."""

from ..base import Record


class ChampionsWatched(Record):
    """What one pass over all watched champions did, as numbers of models; the next one retries what is in `problems`.

    `failed` are those that failed but were not taken back: there was nothing to go back to, or others were at work.
    `told` counts the champions in the message that was sent to people.
    """

    watched: int = 0
    final: int = 0
    taken_back: int = 0
    failed: int = 0
    told: int = 0
    problems: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, int]:
        """Counts to set alarms on, by metric name."""
        return {"champion_problems": len(self.problems)}
