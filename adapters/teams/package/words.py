"""The texts of the app package: how Teams introduces the bot, and what its menus offer.

Choosing from a menu puts the title into the message, so a title is always something that the bot understands.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.i18n import Translator


class Entry(NamedTuple):
    """A line of a menu."""

    title: str
    description: str


class Introduction(NamedTuple):
    """How the app is presented. `name` is the bot's name too, by which it is mentioned."""

    name: str
    full_name: str
    short: str
    full: str


def introduction(t: Translator, word: str) -> Introduction:
    """Introduce the app. `word` is what people write before a kudos, without a slash."""
    paragraphs = (
        t(
            "Kudos lets the people of a contact centre recognise each other: say what a colleague did and what it "
            "meant, and they are told privately while the team sees the shout-out. Recognition is positive only: "
            "there are no minus points and no bottom lists."
        ),
        t(
            "In a channel or a group chat, mention Kudos and then your colleague. In your own chat with Kudos, write "
            "{word} and a name. Or choose Give kudos where you write, or in a message's menu.",
            word=word,
        ),
        t(
            "People write the words; the bot never writes praise for them. It sees what is written to it and the "
            "message that you choose Give kudos on, and nothing else."
        ),
    )
    return Introduction(
        "Kudos",
        t("Kudos: recognition among colleagues"),
        t("Recognise a colleague where you already talk"),
        "\n\n".join(paragraphs),
    )


def personal_menu(t: Translator, word: str) -> tuple[Entry, ...]:
    """Offer what can be written in a person's own chat with the bot."""
    return (
        Entry(
            word,
            t("Recognise somebody by name: {word} Bo Svensson stayed with a caller until it was solved", word=word),
        ),
        *_everywhere(t),
        Entry(t("board"), t("Who has most points, if your organisation shows it")),
        Entry(t("away"), t("Say until when you are away: away until Friday")),
        Entry(t("back"), t("Say that you are back")),
        Entry(t("nudges"), t("For supervisors: whom you would be told of, and why")),
        _help(t),
    )


def shared_menu(t: Translator, word: str) -> tuple[Entry, ...]:
    """Offer what can be written in a channel or a group chat."""
    return (
        Entry(word, t("Recognise whom you mention: {word} @Bo stayed with a caller until it was solved", word=word)),
        *_everywhere(t),
        Entry(t("setup"), t("Set up the team of this channel, or change it")),
        _help(t),
    )


def compose_entry(t: Translator) -> Entry:
    """Offer the form where people write."""
    return Entry(t("Give kudos"), t("Recognise a colleague"))


def message_entry(t: Translator) -> Entry:
    """Offer the form in a message's menu."""
    return Entry(t("Give kudos"), t("Recognise who wrote this"))


def _everywhere(t: Translator) -> tuple[Entry, ...]:
    return (
        Entry(t("me"), t("What you gave and got, and what you can still give")),
        Entry(t("undo"), t("Take back your last kudos, within 24 hours")),
        Entry(t("team"), t("Your team's week")),
        Entry(t("digest"), t("What your team's next digest would say")),
        Entry(t("behaviours"), t("What is worth recognising, and what each behaviour means")),
    )


def _help(t: Translator) -> Entry:
    return Entry(t("help"), t("Examples that you can copy"))
