"""What a pod template may name. What lends other people's rights cannot be listed in full, so what is harmless is."""

from typing import Self

from ..base import Record

_ACCOUNTING = ("team", "owner", "project", "department", "environment", "cost-center", "cost-centre")
_COMMON = (*_ACCOUNTING, "app.kubernetes.io/*")


class PodRules(Record):
    """Allowed names by kind; a name that ends with `*` allows every name that begins like it.

    The field names are the kinds in the stack parameter PodTemplateAllows, with hyphens there.
    """

    label: tuple[str, ...] = _COMMON
    annotation: tuple[str, ...] = (*_COMMON, "description", "note", "cluster-autoscaler.kubernetes.io/safe-to-evict")
    # TRAINER_* is for a trainer's own settings; the others are libraries' that load no code and choose no server.
    env: tuple[str, ...] = (
        "TRAINER_*",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "CUDA_VISIBLE_DEVICES",
        "PYTORCH_CUDA_ALLOC_CONF",
        "TF_CPP_MIN_LOG_LEVEL",
        "TOKENIZERS_PARALLELISM",
        "HF_HOME",
        "HF_TOKEN",
        "LOG_LEVEL",
    )
    resource: tuple[str, ...] = (
        "ephemeral-storage",
        "aws.amazon.com/neuron*",
        "nvidia.com/mig-*",
        "amd.com/gpu",
        "habana.ai/gaudi",
    )
    # Keys of taints; a taint may keep pods from the nodes of others.
    toleration: tuple[str, ...] = ("nvidia.com/gpu", "aws.amazon.com/neuron*", "amd.com/gpu", "habana.ai/gaudi")
    runtime_class: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    pull_secret: tuple[str, ...] = ()
    service_account: tuple[str, ...] = ()
    claim: tuple[str, ...] = ()

    def extended(self, entries: str) -> Self:
        """With the names in a list such as `label=example.com/*,secret=hub`; raises ValueError for an unknown kind."""
        lists: dict[str, tuple[str, ...]] = dict(self)
        for entry in filter(None, (entry.strip() for entry in entries.split(","))):
            kind, _, name = entry.partition("=")
            field = kind.replace("-", "_")
            if field not in lists or not name:
                raise ValueError(f"no such entry: {entry}")
            lists[field] = (*lists[field], name)
        return self.changed(**lists)

    def allow(self, kind: str, name: str) -> bool:
        return any(name == entry or (entry[-1] == "*" and name.startswith(entry[:-1])) for entry in self.of(kind))

    def of(self, kind: str) -> tuple[str, ...]:
        """The allowed names of a kind."""
        names: tuple[str, ...] = getattr(self, kind)
        return names


def kinds() -> list[str]:
    """The kinds as they are written in the stack parameter."""
    return [name.replace("_", "-") for name in PodRules.model_fields]
