"""A secret is sent only where nobody on the way can read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.adapters.addresses import keeps_secrets


@pytest.mark.parametrize(
    "address",
    [
        "https://cluster.example",
        "https://cluster.example:6443/k8s",
        "https://[2600:1f13::1]",
        "https://[fd00::1]:443/",
        "http://127.0.0.1:8001",
        "http://127.8.9.1",
        "http://[::1]:8001",
        "http://localhost:8001",
    ],
)
def test_addresses_with_tls_and_those_of_this_machine_keep_secrets(address: str) -> None:
    assert keeps_secrets(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://cluster.example",
        "http://10.0.0.1",
        "http://[fd00::1]",
        "http://0.0.0.0",
        "http://[::]",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "HTTP://cluster.example",
        "ftp://127.0.0.1",
        "//cluster.example",
        "cluster.example",
        "https://",
        "https:///path",
        "https://user@cluster.example",
        "https://user:password@cluster.example",
        "https://@cluster.example",
        "https://[2600:1f13::1",
        "https://cluster.example:port",
        "",
    ],
)
def test_any_other_address_does_not(address: str) -> None:
    assert not keeps_secrets(address)


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert not keeps_secrets(text) or text.startswith(("http://", "https://"))
    assert keeps_secrets(f"https://{text}") in (True, False)
