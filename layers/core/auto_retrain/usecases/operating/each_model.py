"""What the doctor looks at for each model; the policies are read once, however many checks ask for them."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...domain.model_state import ModelState
from ...domain.policy.policy import AppliedPolicy, PolicyStatus

# One call or two for each, in each check.
MAX_MODELS = 50

# What to do where the policies cannot be read.
FOR_POLICIES = "mend the finding 'table' first: policies are read from there"
# What to do where the data bucket cannot be listed.
TO_LIST = "set DATA_BUCKET as the stack has it, and ask for s3:ListBucket and s3:GetObject of it"

Member = tuple[AppliedPolicy, ModelState]
# Raises AutoRetrainError for as long as the policies cannot be read.
ReadFleet = Callable[[], Iterable[Member]]


def look_at_each(
    subject: str, fleet: ReadFleet, is_meant: Callable[[Member], bool], look: Callable[[Member], Finding]
) -> Iterator[Finding]:
    """A finding for each of the first 50 active models that are meant; one in all if the policies cannot be read."""
    try:
        members = list(islice(filter(is_meant, filter(_is_active, fleet())), MAX_MODELS))
    except AutoRetrainError as error:
        yield Finding.unknown(subject, error, FOR_POLICIES)
        return
    yield from map(look, members)


def _is_active(member: Member) -> bool:
    return member[0].status is PolicyStatus.ACTIVE
