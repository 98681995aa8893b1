"""A cabinet of files at the front desk."""

import pytest

from tests.databases.frontdesk import FrontDesk
from tests.unit.cardserver.people.filing_cabinet import Cabinet


@pytest.fixture
def cabinet(desk: FrontDesk) -> Cabinet:
    return Cabinet(desk)
