"""What was read of files is kept as long as there is room for it."""

from collections.abc import Hashable, Iterator

import pytest

from auto_retrain.adapters.live.kept_files import KeptFiles


class Part:
    """A part of four bytes."""

    nbytes = 4


class Reader:
    """Reads files of so many parts, and remembers which it read."""

    def __init__(self, kept: KeptFiles) -> None:
        self._kept = kept
        self.read: list[Hashable] = []

    def one_pass(self, **files: int) -> list[Hashable]:
        """Which files were read in a pass that asks for these."""
        self.read = []
        for key, parts in files.items():
            assert len(list(self._kept.parts(key, lambda key=key, parts=parts: self._parts(key, parts)))) == parts
        self._kept.end_pass()
        return self.read

    def _parts(self, key: Hashable, parts: int) -> Iterator[Part]:
        self.read.append(key)
        yield from (Part() for _ in range(parts))


def test_a_file_is_read_once_also_if_nothing_is_in_it() -> None:
    reader = Reader(KeptFiles(12))
    assert reader.one_pass(a=1, b=0, c=2) == ["a", "b", "c"]
    assert reader.one_pass(a=1, b=0, c=2, d=1) == ["d"]


def test_a_file_that_has_no_room_is_read_in_each_pass_and_takes_none() -> None:
    reader = Reader(KeptFiles(8))
    assert reader.one_pass(large=3, a=1, b=1) == ["large", "a", "b"]
    assert reader.one_pass(large=3, a=1, b=1) == ["large"]


def test_files_that_a_pass_did_not_ask_for_stay_if_there_is_room() -> None:
    reader = Reader(KeptFiles(8))
    reader.one_pass(a=1, b=1)
    assert reader.one_pass(b=1, c=1) == ["c"]
    assert reader.one_pass(c=1, b=1, a=1) == ["a"]
    reader.one_pass(b=1)
    assert reader.one_pass(c=1) == []


def test_a_file_that_could_not_be_read_to_its_end_is_not_kept() -> None:
    kept = KeptFiles(12)

    def broken() -> Iterator[Part]:
        yield Part()
        raise OSError("away")

    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            list(kept.parts("a", broken))
        kept.end_pass()
