"""Which facts about a model reach people, and through which channels."""

from typing import Annotated

from pydantic import AfterValidator, Field

from ..base import Record, StrictRecord
from ..channels import SEVERITIES, ChannelName, Severity
from ..incidents import follows_incident


def _known(topic: str) -> str:
    if topic not in SEVERITIES:
        raise ValueError(f"'{topic}' is no kind of fact; known are {', '.join(SEVERITIES)}")
    return topic


Channels = tuple[ChannelName, ...]


class NotifyPolicy(StrictRecord):
    """Which channels get which facts. A channel that the deployment has not set up gets nothing."""

    loud: Channels = Field(
        default=("slack", "sns", "pagerduty"),
        description="channels for what a person has to do something about, and for what was taken back",
    )
    normal: Channels = Field(
        default=("slack", "sns"), description="channels for what changed, or waits for a review, and for failed jobs"
    )
    quiet: Channels = Field(default=(), description="channels for everything else, above all for every 'no'")
    facts: dict[Annotated[str, AfterValidator(_known)], Channels] = Field(
        default={}, description="channels for one kind of fact, instead of those for how loud it is"
    )

    def chosen(self) -> set[ChannelName]:
        """The channels that are named, other than by default."""
        default = NotifyPolicy.as_default()
        lists = [(self.loud, default.loud), (self.normal, default.normal), (self.quiet, default.quiet)]
        chosen = [own for own, usual in lists if own != usual]
        return {name for channels in (*chosen, *self.facts.values()) for name in channels}

    def channels_for(self, topic: str, severity: Severity) -> Channels:
        """The channels that get a fact."""
        if topic in self.facts:
            return self.facts[topic]
        by_severity: Channels = getattr(self, severity)
        # Whoever hears of an incident hears of its end, however quiet that is.
        on_call = [name for name in self.loud if name == "pagerduty" and follows_incident(topic)]
        return tuple(dict.fromkeys([*by_severity, *on_call]))


class Routing(Record):
    """What a message about a model needs to know of its policy."""

    notify: NotifyPolicy = Field(default_factory=NotifyPolicy.as_default)
    data_prefix: str | None = None
