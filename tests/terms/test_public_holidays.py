"""Public holidays are the package's own, though one country is loaded at a time."""

from __future__ import annotations

import holidays
import pytest

from payper.terms.public_holidays import public_holidays

PARTS = {country: parts[:1] for country, parts in holidays.list_supported_countries().items()}


@pytest.mark.parametrize("country", sorted(PARTS))
def test_a_country_has_the_holidays_that_the_package_gives_it(country: str) -> None:
    for part in (None, *PARTS[country]):
        code = f"{country}-{part}" if part else country
        assert public_holidays(code, range(2025, 2028)) == set(holidays.country_holidays(country, subdiv=part, years=range(2025, 2028)))


@pytest.mark.parametrize("code", ["XX", "US-XX", "", "UNITEDSTATES"])
def test_a_calendar_that_the_package_lacks_is_not_found(code: str) -> None:
    with pytest.raises(LookupError):
        public_holidays(code, range(2026, 2027))
