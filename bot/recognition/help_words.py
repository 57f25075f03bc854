"""What people read to find out how it goes: the help, and the greeting of whoever has the bot from now on."""

from __future__ import annotations

from bot.i18n import Translator, plain, strong
from bot.incoming import OWN_NAME, Manner
from bot.points.words import example
from bot.recognition.words import Action
from bot.view.message import (
    Button,
    Buttons,
    Code,
    Fact,
    Facts,
    Heading,
    Line,
    Message,
    MessageKind,
    Note,
    Paragraph,
    Text,
    Tone,
)


def help_message(t: Translator, command: str, manner: Manner = Manner.COMMAND, *, admin: bool = False) -> Message:
    """Show examples that can be copied: with `admin`, of what only administrators may do as well.

    Whoever is alone with the bot is told how to call it where others are.
    """
    give, where_others_are = example(t, command, manner), example(t, command, Manner.MENTION)
    command = manner.called(command)
    with_points, to_several, in_private = _examples(t, command, manner)
    examples = (
        Fact(t("Give kudos"), (Code(give),)),
        Fact(t("With a behaviour and points"), (Code(with_points),)),
        Fact(t("To several"), (Code(to_several),)),
        Fact(t("Privately"), (Code(in_private),)),
        Fact(t("With a form"), (Code(command),)),
        Fact(t("Take back your last"), (Code(t("{command} undo", command=command)),)),
        Fact(t("Your figures"), (Code(t("{command} me", command=command)),)),
        Fact(t("Your team's week"), (Code(t("{command} team", command=command)),)),
        Fact(t("What is worth recognising"), (Code(t("{command} behaviours", command=command)),)),
    )
    setup = t("{command} setup", command=OWN_NAME if manner is Manner.ALONE else command)
    team = (
        Fact(t("Set your team up, in its channel"), (Code(setup),)),
        Fact(t("Its weekly digest"), (Code(t("{command} digest", command=command)),)),
        Fact(
            t("Whom you have not recognised for long, as a supervisor"), (Code(t("{command} nudges", command=command)),)
        ),
        Fact(
            t("You are away, so that nobody is reminded of you"),
            (Code(t("{command} away until Friday", command=command)),),
        ),
        Fact(t("You are back"), (Code(t("{command} back", command=command)),)),
    )
    link = Fact(
        t("Join this workspace with another, as an administrator"), (Code(t("{command} link", command=command)),)
    )
    notes = [Note((Text(t("Say what they did and what it meant: three words or more.")),))]
    if manner is Manner.ALONE:
        typed = Code(where_others_are)
        notes.append(Note(t.line("In a channel or a group chat, mention me instead: {typed}", typed=typed)))
    form = Buttons((Button(Action.GIVE, t("Open the form"), tone=Tone.PRIMARY, form=True),))
    return Message(
        MessageKind.HELP,
        (
            Heading(t("How to give kudos")),
            Facts(examples),
            *notes,
            form,
            Paragraph((strong(t("Your team")),)),
            Facts((*team, link) if admin else team),
        ),
        t("How to give kudos"),
    )


def _examples(t: Translator, command: str, manner: Manner) -> tuple[str, str, str]:
    """Show kudos with points, kudos to several, and private ones."""
    if manner is Manner.ALONE:
        return (
            t("{command} Anna Berg … #ownership +20", command=command),
            t("{command} Anna Berg and Bo Ek covered the late shift together", command=command),
            t("{command} private Anna Berg handled that complaint so well", command=command),
        )
    return (
        t("{command} @Anna … #ownership +20", command=command),
        t("{command} @Anna @Bo covered the late shift together", command=command),
        t("{command} private @Anna handled that complaint so well", command=command),
    )


def greeting(t: Translator, command: str) -> Message:
    """Greet somebody who has the bot in their own chats from now on."""
    opening = _opening(t)
    ways = (
        Fact(t("Here"), (Code(example(t, command, Manner.ALONE)),)),
        Fact(t("In a channel or a group chat"), (Code(example(t, command, Manner.MENTION)),)),
    )
    more = t.line(
        "For that, add me to the team or to the chat first. Write {help} to see all that I understand.",
        help=Code(t("help")),
    )
    form = Buttons((Button(Action.GIVE, t("Give kudos"), tone=Tone.PRIMARY, form=True),))
    return Message(MessageKind.HELP, (Paragraph(opening), Facts(ways), Note(more), form), plain(opening))


def hello(t: Translator, command: str) -> Message:
    """Greet everyone in a channel or a group chat to which the bot was added."""
    opening = _opening(t)
    ways = (
        Fact(t("Give kudos"), (Code(example(t, command, Manner.MENTION)),)),
        Fact(
            t("Set your team up, as its supervisor"),
            (Code(t("{command} setup", command=Manner.MENTION.called(command))),),
        ),
    )
    return Message(MessageKind.HELP, (Paragraph(opening), Facts(ways)), plain(opening))


def _opening(t: Translator) -> Line:
    return (
        *t.line("Hello, I am Kudos."),
        Text(" "),
        *t.line("I help colleagues thank each other: say what somebody did and what it meant, and they are told."),
    )
