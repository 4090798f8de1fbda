"""What the name of a column says about its role."""

import re

# Names that people give to what they want to predict.
LABELS = frozenset(
    """
    label target y class outcome churn churned left survived species diagnosis default defaulted
    fraud is_fraud converted clicked cancelled canceled returned response result price quality
    progression
    """.split()  # noqa: SIM905 (a list of words reads better)
)
# Things that come back with many rows.
_ENTITIES = """
    account card client company customer device driver employee guest host household machine member
    merchant owner patient person player seller session shop site station store student subscriber
    supplier tail user vehicle vendor
""".split()  # noqa: SIM905
_ID = re.compile(r"(^|_)(id|uuid|guid|key|nr|no|num|number|pk)$")
_CODE = re.compile(r"(^|_)(zip|zipcode|postcode|code)$")


def words_of(name: str) -> str:
    """A name in lower case with underscores, whether it was written as customerId, Customer-ID or CUSTOMER ID."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def is_label(name: str) -> bool:
    return words_of(name) in LABELS


def is_id(name: str) -> bool:
    """Whether a name ends like that of an id; `index` and `Unnamed: 0` are what tools call the number of a row."""
    words = words_of(name)
    return bool(_ID.search(words)) or words in ("index", "unnamed_0", "rownames", "row_names")


def is_code(name: str) -> bool:
    """Whether its numbers are names, with which nobody calculates."""
    return bool(_CODE.search(words_of(name)))


def names_entity(name: str) -> bool:
    """Whether it names somebody or something that has many rows, such as a customer."""
    words = words_of(name)
    return any(re.search(rf"(^|_){entity}(_|num$|no$|id$|$)", words) for entity in _ENTITIES)
