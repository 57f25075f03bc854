"""Time zones as people name them: "Europe/Stockholm", "stockholm", "New York", "Sverige". Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global

from bot.errors import Code, RecognitionError
from bot.hygiene import clean, fold
from bot.i18n import LANGUAGES

_LONGEST: Final = 60
_SUGGESTED: Final = 3
_ALIKE: Final = 0.7
"""How like a name must be to be suggested: one wrong letter in five is, another city is not."""

_AREAS: Final = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)
"""Areas whose zones are named after places. The rest ("Etc", "US" …) are other names for the same."""


_FIRST: Final = (
    *("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Toronto", "America/Vancouver"),
    *("America/Edmonton", "America/Mexico_City", "America/Tijuana", "America/Monterrey", "America/Sao_Paulo"),
    *("America/Fortaleza", "America/Manaus", "America/Santiago", "America/Guayaquil", "Europe/Moscow"),
    *("Asia/Yekaterinburg", "Asia/Novosibirsk", "Australia/Sydney", "Australia/Brisbane", "Australia/Perth"),
    *("Asia/Jakarta", "Asia/Makassar", "Asia/Shanghai", "Pacific/Auckland", "Europe/Madrid", "Europe/Lisbon"),
    *("Europe/Berlin", "Asia/Almaty", "Asia/Kuala_Lumpur"),
)
"""Where most people live in countries with several zones: suggested before the rest."""


def zone_meant(text: str) -> str:
    """Give the IANA name that a zone, a city or a country with one zone means.

    Raises RecognitionError ZONE_UNKNOWN with the nearest names, of which there may be none.
    """
    written = clean(text, _LONGEST)
    known = _known()
    meant = known.get(_key(written), ())
    if len(meant) == 1:
        return meant[0]
    raise RecognitionError(Code.ZONE_UNKNOWN, written=written, nearest=meant[:_SUGGESTED] or _nearest(written, known))


def _nearest(written: str, known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    alike = get_close_matches(_key(written), known, n=2 * _SUGGESTED, cutoff=_ALIKE)
    zones = dict.fromkeys(zone for key in alike for zone in known[key])
    return list(zones)[:_SUGGESTED]


def _rank(zone: str) -> int:
    return _FIRST.index(zone) if zone in _FIRST else len(_FIRST)


def _key(name: str) -> str:
    return fold(name).replace("_", " ")


@cache
def _known() -> Mapping[str, Sequence[str]]:
    """Give the zones that a name may mean, by the name's key: the whole name, the city, the country."""
    known: dict[str, Sequence[str]] = {}
    for language in LANGUAGES:
        countries = Locale.parse(language).territories
        for territory, zones in get_global("territory_zones").items():
            known[_key(countries.get(territory, territory))] = tuple(sorted(zones, key=_rank))
    for zone in sorted(available_timezones()):
        area, _, place = zone.partition("/")
        if area in _AREAS:
            known[_key(place.rpartition("/")[2])] = (zone,)
    return known | {_key(zone): (zone,) for zone in available_timezones()}
