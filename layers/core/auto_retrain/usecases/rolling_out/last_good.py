"""Finds the champion to go back to among those that have served."""

from collections.abc import Sequence

from ...domain.deployment_ledger import LedgerLine
from ...domain.errors import RollbackRefused
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..lookup import champion_lines


def last_good(record: ServingRecord, ports: Ports) -> LedgerLine:
    """The newest champion before the present one that was not taken back; never merely an older version.

    Raises RollbackRefused if there is none.
    """
    if record.previous and _is_good(record.previous, record):
        return record.previous
    lines = champion_lines(record.model_name, ports)
    taken_back = _taken_back(lines)  # the record remembers only the newest of them
    for line in lines:
        if line.version.number not in taken_back and _is_good(line, record):
            return line
    raise RollbackRefused(f"'{record.model_name}' has no good version to go back to; {choices(record, ports)}")


def _is_good(line: LedgerLine, record: ServingRecord) -> bool:
    number = line.version.number
    return number != record.champion_number and not record.is_rolled_back(number)


def _taken_back(lines: Sequence[LedgerLine]) -> set[str | None]:
    """What was taken back and is not offered again, by lines that are newest first.

    A rollback that undoes the one before it does not blame the version that stood in meanwhile.
    """
    taken_back, stood_in_for = set[str | None](), None
    for line in reversed(lines):
        is_rollback = line.change == "rolled_back"
        is_undone = is_rollback and line.version.number == stood_in_for
        taken_back -= {line.version.number}
        taken_back |= {line.previous_version} if is_rollback and not is_undone else set()
        stood_in_for = line.previous_version if is_rollback and not is_undone else None
    return taken_back


def choices(record: ServingRecord, ports: Ports) -> str:
    """The versions that have served, for people who have to name one."""
    champion = record.champion_number
    numbers = dict.fromkeys(line.version.number for line in champion_lines(record.model_name, ports))
    served = [number for number in numbers if number != champion]
    only = f"only version {champion} has served"
    return f"versions that have served: {', '.join(served)} (a rollback can name one with --to)" if served else only
