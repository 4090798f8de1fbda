"""Labels, row ids and categories in more than one spelling, words for missing, and a positive label that no row has."""

from collections.abc import Iterable, Iterator, Mapping

from ..domain.data_check import MAX_CLASSES, DataFinding
from ..domain.policy.policy import Policy
from ..domain.spelling import alike, folded, means_missing
from .evidence import DataEvidence

MAX_NAMED = 5
MAX_LENGTH = 40


def check_spellings(policy: Policy, evidence: DataEvidence) -> Iterator[DataFinding]:
    """What is wrong with the texts of labels, row ids and categories."""
    yield from _check_classes(policy, evidence.labels)
    yield from _check_texts(policy.data.label, "labels", evidence.labels)
    for feature, counts in evidence.categories.items():
        yield from _check_texts(feature, f"values of '{feature}'", counts)
    if evidence.summary.respelled_ids:
        text = f"{evidence.summary.respelled_ids} row ids differ from others only in spelling"
        if evidence.summary.compared_ids is not None:
            text = f"{text}, estimated from {evidence.summary.compared_ids:.2%} of the ids"
        yield DataFinding(check="spellings", severity="warning", column=policy.data.row_id, text=text)


def _check_classes(policy: Policy, labels: Mapping[str, int]) -> Iterator[DataFinding]:
    positive, column = policy.data.positive_label, policy.data.label
    if len(labels) > MAX_CLASSES:
        text = f"the labels are of {len(labels):,} classes, at most {MAX_CLASSES:,} can be validated"
        yield DataFinding(check="classes", severity="error", column=column, text=text)
    if positive is not None and labels and positive not in labels:
        text = f"data.positive_label = '{positive}': no row has this label; there are {_named(_by_rows(labels))}"
        same = [label for label in labels if folded(label) == folded(positive)]
        hint = f"; only the spelling differs from {_named(same)}" if same else ""
        yield DataFinding(check="positive_label", severity="error", column=column, text=text + hint)


def _check_texts(column: str, what: str, counts: Mapping[str, int]) -> Iterator[DataFinding]:
    rows = sum(counts.values())
    for word in [text for text in _by_rows(counts) if means_missing(text)][:MAX_NAMED]:
        text = f"{counts[word] / rows:.1%} of the {what} are the text '{word}': missing?"
        yield DataFinding(check="missing_words", severity="warning", column=column, text=text)
    groups = alike(text for text in _by_rows(counts) if not means_missing(text))
    if groups:
        named = "; ".join(" and ".join(f"'{_cut(text)}'" for text in group[:MAX_NAMED]) for group in groups[:MAX_NAMED])
        more = f"; and {len(groups) - MAX_NAMED} more" if len(groups) > MAX_NAMED else ""
        text = f"some of the {what} differ only in spelling: {named}{more}"
        yield DataFinding(check="spellings", severity="warning", column=column, text=text)


def _by_rows(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda text: (-counts[text], text))


def _named(texts: Iterable[str]) -> str:
    known = list(texts)
    more = f" and {len(known) - MAX_NAMED:,} more" if len(known) > MAX_NAMED else ""
    return ", ".join(f"'{_cut(text)}'" for text in known[:MAX_NAMED]) + more


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"
