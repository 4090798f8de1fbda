"""The channels that a deployment has set up; each is built when it is first used."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from ...domain.channels import ChannelName
from ...ports import Channel


class SetUpChannels(Mapping[ChannelName, Channel]):
    """The register: what builds each channel, or None for one that is not set up."""

    def __init__(self, builders: Mapping[ChannelName, Callable[[], Channel] | None]) -> None:
        self._builders = {name: cache(build) for name, build in builders.items() if build}

    def __getitem__(self, name: ChannelName) -> Channel:
        return self._builders[name]()

    def __iter__(self) -> Iterator[ChannelName]:
        return iter(self._builders)

    def __len__(self) -> int:
        return len(self._builders)
