"""Public holidays of countries and their subdivisions, as the `holidays` package knows them.

Days that a team closes of its own accord, and days on which it opens all the same, belong to its calendar
(`metrics.calendars.working_calendar`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from metrics.calendars.working_calendar import CalendarError

_LANGUAGE: Final = "en_US"


def region_holidays(country: str, subdivision: str | None, years: Iterable[int]) -> Mapping[date, str]:
    """Public holidays of a country, or of one of its subdivisions: date to name.

    A holiday that is observed on another day, because its own is a Sunday, is there on both. Years that the package
    knows nothing of have none; of the far past and future it may not know movable holidays. Names are in English where
    the package has them in English, else in the country's language.

    Args:
        country: ISO 3166-1 code, such as NL.
        subdivision: ISO 3166-2 code without the country, such as BY; None for the holidays of the whole country.

    Raises:
        CalendarError: the country or subdivision is not known.
    """
    return _region_holidays(country, subdivision, tuple(years))


def country_codes() -> Mapping[str, str]:
    """What may be meant by a country's code or name in English, to its code: `NL`, `NLD` and `Netherlands` to NL."""
    from holidays.registry import COUNTRIES

    return {word: codes[0] for _, *codes in COUNTRIES.values() for word in codes} | {
        words[0]: words[1] for words in COUNTRIES.values()
    }


def subdivision_codes(country: str) -> Mapping[str, str]:
    """What may be meant by a subdivision of a known country, to its code: `BY` and `Bayern` to BY."""
    from holidays import country_holidays

    region = country_holidays(country)
    return {code: code for code in region.subdivisions} | dict(region.subdivisions_aliases)


@lru_cache(maxsize=64)
def _region_holidays(country: str, subdivision: str | None, years: tuple[int, ...]) -> Mapping[date, str]:
    # Imported here because it is slow to import and most commands need no holidays.
    from holidays import country_holidays, list_supported_countries

    region = country if subdivision is None else f"{country}, subdivision {subdivision}"
    try:
        # The package takes any name of a class of its own for a country.
        if country not in list_supported_countries() or subdivision == "":
            raise NotImplementedError
        entity = country_holidays(country, subdiv=subdivision)
    except NotImplementedError as error:
        raise CalendarError(
            f"no holidays are known for {region}; use an ISO code such as NL, or DE with subdivision BY, "
            "or list the dates"
        ) from error
    language = _LANGUAGE if _LANGUAGE in entity.supported_languages else entity.default_language
    known = [year for year in years if entity.start_year <= year <= entity.end_year]
    with warnings.catch_warnings():
        # Of some countries it knows movable holidays for fewer years than fixed ones, and warns of the others.
        warnings.simplefilter("ignore")
        found = country_holidays(country, subdiv=subdivision, years=known, language=language)
    return MappingProxyType(dict(sorted(found.items())))
