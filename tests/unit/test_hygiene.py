"""What people type is made harmless without harming what they meant."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hygiene import clean, fold, substance, tidy

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs", "Cf", "Cc", "Mn", "Me", "Zs"]),
        st.sampled_from("👩🚒❤🏽\u200d\ufe0f\ufe0e\u20e3#1🇸🇪\u202e\u0301\u0323\u0344\u0345ǖ가각क़\ufdd0"),
    )
)


@given(HOSTILE)
def test_cleaning_twice_changes_nothing(text):
    assert tidy(tidy(text)) == tidy(text)
    assert clean(clean(text)) == clean(text)


@given(HOSTILE)
def test_cleaned_text_is_one_line_in_nfc_that_can_be_stored(text):
    cleaned = clean(text)

    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned.encode().decode() == cleaned
    assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(character) for character in cleaned}
    assert cleaned == " ".join(cleaned.split())


@given(st.text(st.characters(categories=["L", "N", "P"]), min_size=1))
def test_ordinary_text_keeps_every_letter_and_sign(text):
    ordinary = "".join(character for character in text if character not in "\u115f\u1160\u3164\uffa0")

    assert clean(ordinary) == unicodedata.normalize("NFC", ordinary)


@given(HOSTILE, st.integers(1, 40))
def test_a_limit_is_never_exceeded(text, limit):
    assert len(clean(text, limit)) <= limit


def test_a_cut_falls_between_whole_characters_and_is_marked():
    assert clean("abcdef", 6) == "abcdef"
    assert clean("abcdefg", 6) == "abcde…"
    assert clean("abc 👩🏽‍🚒 d", 6) == "abc…"
    assert clean("👩🏽‍🚒", 3) == "…"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("abc\u202edef\u2066", "abcdef"),
        ("pay\u200bp\ufeffal\u2060", "paypal"),
        ("hi\U000e0068\U000e0069", "hi"),
        ("a\x00b\x1bc\x9fd", "abcd"),
        ("a\ud800b", "ab"),
        ("a\ufffcb\ufdd0", "ab"),
        ("x\u200dy\ufe0f", "xy"),
        ("one\r\n\n\ttwo\u2028three\u00a0\u3000four  ", "one two three four"),
        ("A\u030a", "Å"),
        ("e" + "\u0301\u0302\u0303\u0304\u0305\u0306\u0307", "é\u0302\u0303\u0304\u0305"),
        ("ệ", "ệ"),
    ],
)
def test_what_hides_or_misleads_is_dropped(typed, kept):
    assert clean(typed) == kept


@pytest.mark.parametrize("emoji", ["👩🏽‍🚒", "❤️", "❤️‍🔥", "🏳️‍🌈", "🇸🇪", "1️⃣", "👨‍👩‍👧‍👦", "☎︎"])
def test_emoji_keep_what_holds_them_together(emoji):
    assert clean(f"x {emoji} y") == f"x {emoji} y"


def test_endless_combining_marks_do_not_stall():
    tower = "a" + "\u0323\u0301" * 200_000

    assert len(clean(tower)) <= 5


def test_folding_ignores_case_accents_and_width():
    assert fold(" ÅNGRA ") == fold("angra") == fold("Ａｎｇｒａ") == "angra"
    assert fold("straße") == fold("STRASSE")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stayed with her", ("stayed", "with", "her")),
        ("tack för hjälpen!", ("tack", "för", "hjälpen")),
        ("🎉🎉 👩🏽‍🚒 :tada: :+1::skin-tone-2:", ()),
        ("@anna @bo.berg #ownership #bra-jobbat +20", ()),
        ("https://example.com/a-very-long-path", ()),
        ("500 24/7 !!", ()),
        ("kl 10:30 sharp: well-done o’clock", ("kl", "sharp", "well-done", "o’clock")),
    ],
)
def test_substance_is_the_words_that_say_something(text, words):
    assert substance(text) == words


@pytest.mark.parametrize(
    "piece", ["a", "-", "1", ":", "://", "/:", "@", "#a", "a-", "'", "❤\u200d", "\u0301", "1\ufe0f"]
)
def test_a_word_without_end_is_read_at_once(piece):
    """Were it quadratic, this would take minutes."""
    substance(piece * 400_000)
    substance(piece * 400_000 + " a")
    substance(piece * 400_000 + "!")
