"""Which names, label keys and label values Kubernetes accepts; each check returns the problem or None."""

import re

_LABEL_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL_NAME.pattern}(\.{_LABEL_NAME.pattern})*")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_QUALIFIED_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")

MAX_LABEL_LENGTH = 63
MAX_SUBDOMAIN_LENGTH = 253


def too_long(text: str, limit: int) -> str | None:
    return f'Invalid value: "{text}": must be no more than {limit} characters' if len(text) > limit else None


def dns_label_problem(text: str) -> str | None:
    rule = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'"
    return too_long(text, MAX_LABEL_LENGTH) or _mismatch(_LABEL_NAME, text, rule)


def subdomain_problem(text: str) -> str | None:
    rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"
    return too_long(text, MAX_SUBDOMAIN_LENGTH) or _mismatch(_SUBDOMAIN, text, rule)


def label_value_problem(text: str) -> str | None:
    rule = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'"
    return too_long(text, MAX_LABEL_LENGTH) or _mismatch(_LABEL_VALUE, text, rule)


def label_key_problem(text: str) -> str | None:
    prefix, slash, name = text.rpartition("/")
    if slash and subdomain_problem(prefix):
        return f'Invalid value: "{text}": prefix part {subdomain_problem(prefix)}'
    if too_long(name, MAX_LABEL_LENGTH):
        return f'Invalid value: "{text}": name part must be no more than {MAX_LABEL_LENGTH} characters'
    return _mismatch(_QUALIFIED_NAME, name, "name part must consist of alphanumeric characters, '-', '_' or '.'")


def _mismatch(pattern: re.Pattern[str], text: str, rule: str) -> str | None:
    return None if pattern.fullmatch(text) else f'Invalid value: "{text}": {rule}'
