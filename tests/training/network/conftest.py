"""What the network's own tests share."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def _shallow() -> None:
    """The network is whole."""
