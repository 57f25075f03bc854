"""Figures, boards and behaviours as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.i18n import LANGUAGES, translator
from bot.points import words
from bot.points.behaviours import default_behaviours
from bot.points.model import Behaviour, BehaviourWords, Programme, Serves, Tally
from bot.points.service import FRESH_SECONDS, Mine
from bot.recognition.commands import GiveKudos
from bot.recognition.grammar import parse
from bot.view.message import MessageKind
from tests.unit.desk import ANNA, BO, CLEO, MAJA, SAID, SVEN, desk, lines, reply, segments, text_of

MINE, BEHAVIOURS = MessageKind.MINE, MessageKind.BEHAVIOURS
ENGLISH, SWEDISH = translator("en"), translator("sv")


async def test_a_person_sees_their_own_figures():
    office = await desk()
    await office.types(MAJA, f"<U2> {SAID} +20")
    await office.types(MAJA, f"private <U2> {SAID}")
    await office.types(ANNA, f"<U1> {SAID}")

    assert lines(reply(await office.types(MAJA, "me"), MINE)) == [
        "Your kudos",
        "Your points: 10",
        "Received: 1 kudos, 1 of them this week",
        "Given: 2 kudos, 2 of them this week",
        "Left to give: 70 of 100 this week; refills on Monday 23 November",
        "Only you can see this.",
    ]
    assert lines(reply(await office.types(ANNA, "me"), MINE))[1:3] == [
        "Your points: 30",
        "Received: 2 kudos, 2 of them this week",
    ]


async def test_the_week_begins_on_monday_in_the_readers_zone():
    office = await desk(datetime(2026, 11, 22, 22, 59, tzinfo=UTC))
    await office.types(MAJA, f"<U2> {SAID}")
    assert "Given: 1 kudos, 1 of them this week" in text_of((await office.types(MAJA, "me")).reply)

    office.clock.advance(timedelta(minutes=1))
    figures = lines((await office.types(MAJA, "me")).reply)

    assert figures[3:5] == [
        "Given: 1 kudos, 0 of them this week",
        "Left to give: 100 of 100 this week; refills on Monday 30 November",
    ]


async def test_a_swede_reads_them_in_swedish():
    office = await desk()

    figures = lines(reply(await office.types(CLEO, "jag"), MINE))

    assert figures[0] == "Dina kudos"
    assert figures[-2] == "Kvar att ge: 100 av 100 den här veckan, ny pott måndag 23 november"


async def test_a_supervisor_has_more_to_give():
    office = await desk()
    await office.team("Phone", (ANNA,), (SVEN,))

    assert "200 of 200" in text_of(reply(await office.types(SVEN, "me"), MINE))
    assert "100 of 100" in text_of(reply(await office.types(ANNA, "me"), MINE))


def test_an_allowance_that_was_lowered_is_never_below_nothing():
    assert Mine(Tally(0, 0, 1, 0, 1, 150), 100).left == 0


async def test_a_programme_is_trusted_for_a_minute():
    office = await desk()
    await office.types(MAJA, f"<U2> {SAID}")
    office.programme(points_default=15)

    await office.types(MAJA, f"<U2> {SAID}")
    assert office.balance(ANNA) == 20
    office.clock.advance(timedelta(seconds=FRESH_SECONDS))
    await office.types(MAJA, f"<U2> {SAID}")

    assert office.balance(ANNA) == 35


async def test_the_board_has_ten_lines_and_none_for_nothing():
    office = await desk()
    office.programme(boards=True, allowance_agent=10_000)
    await office.types(MAJA, f"<U3> {SAID}")
    await office.types(MAJA, "undo")
    office.clock.advance(timedelta(minutes=1))
    for n in range(11):
        profile = office.directory.profiles[ANNA]
        account = type(ANNA)(ANNA.workspace, f"U7{n}")
        office.directory.put(type(profile)(account, f"Agent {n:02}", timezone="UTC"))
        await office.types(MAJA, f"<{account.id}> {SAID} +{5 + n}")

    board = lines(reply(await office.types(BO, "board"), MessageKind.BOARD))

    assert board[1:3] == ["Agent 10: 15 points", "Agent 09: 14 points"]
    assert len(board) == 11
    assert "Bo Strand" not in "".join(board)


async def test_behaviours_are_listed_by_whom_they_serve_with_an_example_to_copy():
    office = await desk()

    listed = lines(reply(await office.types(MAJA, "behaviours"), BEHAVIOURS))

    assert listed == [
        "Worth recognising",
        "For the customer",
        "#courtesy Met the customer with warmth and respect, also when it was hard.",
        "#ownership Stayed with the customer until it was sorted.",
        "#quality Gave an answer that was right, clear and complete.",
        "For each other",
        "#helpfulness Helped a colleague who needed a hand.",
        "For the business",
        "#rules Followed the rules when it would have been easier not to.",
        "#ideas Came with an idea that makes the service better.",
        "Never the number of contacts or handling time.",
        f"Add one to your reason: /kudos @Anna {SAID} #courtesy",
    ]
    example = parse(segments(listed[-1].split("/kudos ")[1]))
    assert isinstance(example, GiveKudos)
    assert [tag.name for tag in example.tags] == ["courtesy"]


async def test_behaviours_are_swedish_for_a_swede():
    office = await desk()

    listed = text_of(reply(await office.types(CLEO, "beteenden"), BEHAVIOURS))

    assert "/kudos @Anna stannade kvar i samtalet tills det var löst #bemötande" in listed
    assert "customer" not in listed


def test_only_those_published_are_listed_and_an_empty_group_has_no_title():
    [ideas] = [each for each in default_behaviours() if each.code == "ideas"]

    some = lines(words.behaviours(ENGLISH, Programme(behaviours=(ideas,)), "/kudos"))
    none = lines(words.behaviours(ENGLISH, Programme(), "/kudos"))

    assert some[1:3] == ["For the business", "#ideas Came with an idea that makes the service better."]
    assert "For the customer" not in some
    assert none == ["Worth recognising", "Never the number of contacts or handling time."]


def test_a_behaviour_without_the_readers_language_is_shown_in_the_one_it_has():
    only = Behaviour("calm", Serves.CUSTOMER, {"en": BehaviourWords("calm", "Kept calm.")})

    assert words.in_language(SWEDISH, only) == BehaviourWords("calm", "Kept calm.")


def test_behaviours_no_longer_published_are_not_named():
    programme = Programme(behaviours=default_behaviours())

    assert [each.tag for each in words.named(SWEDISH, programme, ("ideas", "speed"))] == ["idéer"]


def test_the_default_behaviours_serve_all_three_in_every_language_and_count_nothing():
    behaviours = default_behaviours()

    assert {each.serves for each in behaviours} == set(Serves)
    for each in behaviours:
        assert set(each.words) == set(LANGUAGES)
        assert each.words["sv"].meaning != each.words["en"].meaning
    counted = " ".join(words.meaning for each in behaviours for words in each.words.values()).lower()
    assert not [word for word in ("fast", "quick", "speed", "number", "snabb", "antal", "minut") if word in counted]
