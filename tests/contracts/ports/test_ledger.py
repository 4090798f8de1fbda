"""DeploymentLedger: what served when."""

import pytest

from auto_retrain.domain.errors import ChampionConflict
from tests.contracts.ports.stores import Stores, a_deployment


def test_the_ledger_shows_the_newest_line_and_accepts_each_line_once(stores: Stores) -> None:
    assert stores.ledger.current("churn") is None
    for sequence in range(1, 12):
        stores.ledger.append(a_deployment(sequence, f"churn-{sequence}"))
    stores.ledger.append(a_deployment(11, "churn-11"))
    with pytest.raises(ChampionConflict, match="someone else"):
        stores.ledger.append(a_deployment(11, "churn-other"))
    assert stores.ledger.current("churn") == a_deployment(11, "churn-11")
