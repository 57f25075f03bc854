"""Every text is translated, and the tool that says so notices when one is not."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.i18n import CATALOGUES, LANGUAGES, SOURCE
from tests.catalogues import problems, texts

LEFT = "{n} points left"
COUNTED = ("{n} point", "{n} points")


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != SOURCE])
def test_every_text_is_translated_and_no_translation_is_left_over(language):
    with (CATALOGUES / language / "LC_MESSAGES" / "kudos.po").open("rb") as file:
        catalogue = read_po(file, locale=language)

    assert list(problems(language, catalogue, texts())) == []


def test_texts_are_found_whatever_they_are_said_with():
    found = texts()

    for text in ("Give kudos", "{giver} recognised {receivers}", "{n} point", "It is private: only {receivers} knows."):
        assert text in found
    assert found["{n} point"].id == COUNTED


def catalogue(*entries, **flags):
    made = Catalog(locale="sv")
    for text, translation in entries:
        made.add(text, translation, **flags)
    return made


@pytest.mark.parametrize(
    ("translated", "wrong"),
    [
        (catalogue((LEFT, "{n} poäng kvar"), (COUNTED, ("{n} poäng", "{n} poäng"))), []),
        (catalogue((COUNTED, ("{n} poäng", "{n} poäng"))), [f"sv: not translated: {LEFT}"]),
        (catalogue((LEFT, ""), (COUNTED, ("{n} poäng", "{n} poäng"))), [f"sv: not translated: {LEFT}"]),
        (catalogue((LEFT, "{n} poäng kvar"), (COUNTED, ("{n} poäng", ""))), [f"sv: not translated: {COUNTED}"]),
        (
            catalogue((LEFT, "{m} poäng kvar"), (COUNTED, ("{n} poäng", "{n} poäng"))),
            ["sv: other placeholders: {m} poäng kvar"],
        ),
        (
            catalogue((LEFT, "{n} poäng kvar"), (COUNTED, ("{n} poäng", "{n} poäng")), ("Old", "Gammal")),
            ["sv: no longer used: Old"],
        ),
        (
            catalogue((LEFT, "{n} poäng kvar"), (COUNTED, ("{n} poäng", "{n} poäng")), flags=["fuzzy"]),
            [f"sv: to be looked at: {LEFT}", f"sv: to be looked at: {COUNTED}"],
        ),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_said(translated, wrong):
    source = catalogue((LEFT, None), (COUNTED, None))

    assert list(problems("sv", translated, source)) == wrong
