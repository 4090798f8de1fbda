"""What the patterns of text fields mean, in words: people are never shown a regular expression."""

_LABEL = "a-z, 0-9 and inner -"
_KEY = "a name of Kubernetes: letters, 0-9 and inner - _ ., with a domain and / before it if needed"
_WORDS = {
    r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$": f"{_LABEL}, at most 40 characters",
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$": f"{_LABEL}, at most 63 characters",
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$": _LABEL,
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$": f"{_LABEL}, in parts joined by dots",
    r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$": f"{_LABEL}, in parts joined by dots",
    r"^[a-z][a-z0-9-]*\{version\}([a-z0-9-]*[a-z0-9])?$": f"{_LABEL}, with {{version}} once, such as v{{version}}",
    r"^([a-zA-Z0-9](-*[a-zA-Z0-9])*-?)?\{version\}(-?([a-zA-Z0-9]-*)*[a-zA-Z0-9])?$": (
        "letters, 0-9 and inner -, with {version} once, such as v{version}"
    ),
    r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$": "letters, 0-9 and inner -",
    r"^[A-Za-z0-9][A-Za-z0-9/_.=-]{0,254}$": (
        "a key prefix of letters, 0-9 and / _ . = -, which begins with a letter or digit, such as models/churn"
    ),
    r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$": "a quantity of Kubernetes, such as 500m or 2Gi",
    r"^[1-9][0-9]*(m|Mi|Gi)?$": "a quantity of Kubernetes, such as 500m, 2 or 2Gi",
    r"^[-._a-zA-Z0-9]{1,253}$": "letters, 0-9 and - . _, at most 253 characters",
    r"^(s3|gs|hdfs|webhdfs|https?)://[^\s?#]+$": "an address that begins with s3://, gs://, hdfs://, https:// or http://",
    r"^/[^:\x00]*$": "a path that begins with / and has no colon",
    r"^[^/.][^:\x00]*$": "a path that does not begin with / or . and has no colon",
    (
        r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
        r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
    ): _KEY,
    r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$": "letters, 0-9 and inner - _ ., at most 63 characters",
    r"^[a-zA-Z_:][a-zA-Z0-9_:]*$": "a metric of Prometheus: letters, 0-9, _ and :, not beginning with a digit",
    r"^[a-zA-Z_][a-zA-Z0-9_]*$": "a label of Prometheus: letters, 0-9 and _, not beginning with a digit",
    r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$": "module:function, such as my_package.churn:train",
    r"^[a-z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64})?$": "an image, such as registry.example.com/train:1.2",
    r"^[A-Za-z_][A-Za-z0-9_]{0,127}$": "letters, 0-9 and _, not beginning with a digit, at most 128 characters",
    r"^[0-9]{1,18}$": "the number of a version",
}


def in_words(pattern: str) -> str:
    """What a text has to be that must match a pattern."""
    return f"must be {_WORDS[pattern]}" if pattern in _WORDS else "has a character that is not allowed here"
