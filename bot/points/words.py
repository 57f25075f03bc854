"""What people read about points and behaviours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.i18n import Translator, strong
from bot.incoming import Manner
from bot.points.model import Behaviour, BehaviourWords, Programme, Ranked, Serves
from bot.points.service import Mine
from bot.view.message import (
    Block,
    Code,
    Fact,
    Facts,
    Heading,
    Items,
    Line,
    Message,
    MessageKind,
    Note,
    Paragraph,
    Person,
    Style,
    Text,
)


def points(t: Translator, n: int) -> str:
    """Write a number of points."""
    return t.many("{n} point", "{n} points", n)


def in_language(t: Translator, behaviour: Behaviour) -> BehaviourWords:
    """Give a behaviour's words in the reader's language, or in the first it has."""
    return behaviour.words.get(t.language) or next(iter(behaviour.words.values()))


def named(t: Translator, programme: Programme, codes: Sequence[str]) -> list[BehaviourWords]:
    """Give the words of behaviours by code; one that is no longer published is left out."""
    return [in_language(t, programme.published[code]) for code in codes if code in programme.published]


def mine(t: Translator, figures: Mine, refills: datetime, zone: ZoneInfo) -> Message:
    """Show a person their own figures."""
    tally = figures.tally
    facts = (
        Fact(t("Your points"), (strong(t.number(tally.balance)),)),
        Fact(t("Received"), _counts(t, tally.received, tally.received_week)),
        Fact(t("Given"), _counts(t, tally.given, tally.given_week)),
        Fact(
            t("Left to give"),
            t.line(
                "{left} of {limit} this week; refills on {day}",
                left=strong(t.number(figures.left)),
                limit=t.number(figures.limit),
                day=t.day(refills, zone),
            ),
        ),
    )
    return Message(
        MessageKind.MINE,
        (Heading(t("Your kudos")), Facts(facts), Note((Text(t("Only you can see this.")),))),
        t("Your kudos"),
    )


def _counts(t: Translator, total: int, week: int) -> Line:
    return t.line("{total} kudos, {week} of them this week", total=t.number(total), week=t.number(week))


def board(t: Translator, ranked: Sequence[Ranked]) -> Message:
    """Show the board, highest first."""
    lines = tuple(
        t.line("{name}: {points}", name=Person(entry.name), points=points(t, entry.points)) for entry in ranked
    )
    body = Items(lines) if lines else Paragraph((Text(t("Nobody has points yet. The first kudos changes that.")),))
    return Message(MessageKind.BOARD, (Heading(t("Most points")), body), t("Most points"))


def example(t: Translator, command: str, manner: Manner) -> str:
    """Show how kudos are given in words."""
    command = manner.called(command)
    if manner is Manner.ALONE:
        return t("{command} Anna Berg stayed with a caller until it was solved", command=command)
    return t("{command} @Anna stayed with a caller until it was solved", command=command)


def behaviours(t: Translator, programme: Programme, command: str, manner: Manner = Manner.COMMAND) -> Message:
    """Show the published list and what each behaviour means, by whom it serves."""
    titles = {
        Serves.CUSTOMER: t("For the customer"),
        Serves.COLLEAGUE: t("For each other"),
        Serves.BUSINESS: t("For the business"),
    }
    listed = tuple(
        block
        for serves, title in titles.items()
        for block in _listed(t, title, [b for b in programme.behaviours if b.serves is serves])
    )
    typed = example(t, command, manner)
    notes = tuple(
        Note(t.line("Add one to your reason: {example}", example=Code(f"{typed} #{in_language(t, behaviour).tag}")))
        for behaviour in programme.behaviours[:1]
    )
    return Message(
        MessageKind.BEHAVIOURS,
        (
            Heading(t("Worth recognising")),
            *listed,
            Paragraph((Text(t("Never the number of contacts or handling time.")),)),
            *notes,
        ),
        t("Worth recognising"),
    )


def _listed(t: Translator, title: str, group: Sequence[Behaviour]) -> tuple[Block, ...]:
    if not group:
        return ()
    words = [in_language(t, behaviour) for behaviour in group]
    return (
        Paragraph((strong(title),)),
        Items(tuple((Text(f"#{each.tag}", Style.STRONG), Text(f" {each.meaning}")) for each in words)),
    )
