"""A person is spoken to in their own language throughout, and in no other, whatever they do.

Everything that people can do is done by people whose Slack is set to Swedish, and everything they then read is held
against the catalogue: something of it in Swedish, nothing in English. People whose Slack is set to English go the same
way, which shows that the catalogue would have found English words.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from babel.dates import get_day_names, get_month_names
from babel.messages.pofile import read_po

from bot.i18n import CATALOGUES
from bot.identity import ConversationRef, OrganisationId, PersonId, Platform, WorkspaceRef
from bot.people.model import Role
from bot.teams.model import TeamSettings
from storage import tables
from storage.engine import Database
from storage.unit_of_work import UnitsOfWork
from tests.e2e.slack_house import Served, served
from tests.servers import slack_api
from tests.servers.slack_api import SlackApi
from tests.servers.slack_world import TEAM, user

SAID = "xylo fjord alfa beta gamma"
"""A reason in no language of ours."""

LEAST = 2
"""Letters of a word that belongs to a language."""


# What belongs to which language


def _pieces(texts: Iterator[str]) -> set[str]:
    """Give what stands between the placeholders of texts, without the punctuation around it."""
    pieces = (re.sub(r"^\W+|\W+$", "", piece) for text in texts for piece in re.split(r"\{\w+\}", text))
    return {piece for piece in pieces if len(piece) >= LEAST}


def _both(locale: str) -> tuple[set[str], set[str]]:
    """Give the pieces of the catalogue's English texts and of its Swedish ones, with the names of days and months."""
    with (CATALOGUES / "sv" / "LC_MESSAGES" / "kudos.po").open("rb") as file:
        catalogue = [message for message in read_po(file, locale="sv") if message.id]
    names = [{*get_day_names(locale=each).values(), *get_month_names(locale=each).values()} for each in ("en", "sv")]
    english = _pieces(text for each in catalogue for text in _each(each.id)) | names[0]
    swedish = _pieces(text for each in catalogue for text in _each(each.string)) | names[1]
    return (english, swedish) if locale == "en" else (swedish, english)


def _each(texts: Any) -> tuple[str, ...]:
    return texts if isinstance(texts, tuple) else (texts,)


def _found(pieces: set[str], shown: str) -> set[str]:
    # What is not in it at all need not be looked for as a word: to make an expression of each takes seconds.
    there = (piece for piece in pieces if piece in shown)
    return {piece for piece in there if re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", shown)}


class Ear:
    """Listens for one language, and for the other."""

    def __init__(self, language: str) -> None:
        own, other = _both(language)
        self.own = {piece for piece in own if not _found({piece}, "\n".join(other))}
        self.other = {piece for piece in other if not _found({piece}, "\n".join(own))}
        self.heard: list[str] = []

    def hear(self, act: str, shown: Any) -> None:
        """Take in what somebody reads after an act."""
        text = "\n".join(_read(shown))
        assert _found(self.own, text), f"{act}: nothing of this language in: {text}"
        assert not _found(self.other, text), f"{act}: the other language in: {text}"
        self.heard.append(text)


def _read(shown: Any) -> Iterator[str]:
    """Give every text in an answer, message or modal that a person sees."""
    match shown:
        case {"response_action": "errors", "errors": dict(problems)}:
            yield from problems.values()
        case dict():
            for name, value in shown.items():
                if name == "text" and isinstance(value, str):
                    yield value
                elif name not in {"metadata", "state"}:
                    yield from _read(value)
        case list():
            for each in shown:
                yield from _read(each)
        case _:
            pass


# The people, and what they do


@pytest.fixture(params=["sv", "en"])
def language(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
async def slack(language: str) -> AsyncIterator[SlackApi]:
    async with slack_api.running() as api:
        for number in range(26):
            api.workspace.users[f"U1{number:02}"] = user(f"U1{number:02}", f"Qvist {number}")
        for each in api.workspace.users.values():
            each["locale"] = {"sv": "sv-SE", "en": "en-GB"}[language]
        yield api


class Story:
    """What Bo, U2, and others do, each time hearing what they are told."""

    def __init__(self, bot: Served, slack: SlackApi, language: str) -> None:
        self.bot = bot
        self.slack = slack
        self.ear = Ear(language)
        self.swedish = language == "sv"
        self._acts = count()

    async def types(self, text: str, *, user: str = "U2", channel: str = "C1") -> dict[str, Any]:
        """Type `/kudos …`, and read the answer."""
        answer = await self.bot.command(text, user=user, channel=channel, trigger=f"1.1.{next(self._acts)}")
        self.ear.hear(f"/kudos {text}", answer)
        return answer

    async def opens(self, text: str = "") -> dict[str, Any]:
        """Have the form opened by a command, and read it."""
        before = len(self.slack.views)
        assert await self.bot.command(text, trigger=f"1.1.{next(self._acts)}") == {}
        return self._opened(before, "the form")

    def _opened(self, before: int, act: str) -> dict[str, Any]:
        assert len(self.slack.views) == before + 1
        view = self.slack.views[-1]
        self.ear.hear(act, {name: view[name] for name in ("title", "submit", "close", "blocks")})
        return view

    async def fills_in(self, people: list[str], reason: str, points: str = "10") -> dict[str, Any]:
        """Open the form, send it in, and read what takes its place."""
        view = await self.opens()
        chosen = {"type": "multi_users_select", "selected_users": people}
        number = {"type": "static_select", "selected_option": {"value": points}}
        written = {"type": "plain_text_input", "value": reason}
        answer = await self.bot.submit(view, {"people": chosen, "reason": written, "points": number}, user="U2")
        self.ear.hear(f"the form with {people} and {reason}", answer)
        return answer

    async def presses(self, action: str, value: str, *, user: str = "U2") -> None:
        """Press a button, and read the answer."""
        before = len(self.slack.responses)
        at = f"1700000000.{next(self._acts)}"
        name = f"r{at}"
        await self.bot.press(action, value, user=user, response_url=self.slack.response_url(name), act=at)
        assert len(self.slack.responses) == before + 1
        self.ear.hear(f"{action} pressed", self.slack.responses[-1])

    async def gives(self, text: str, posts: int, *, channel: str = "C1") -> dict[str, Any]:
        """Give kudos, and read the receipt and all that is posted of it."""
        before = len(self.slack.workspace.accepted)
        receipt = await self.types(text, channel=channel)
        await self.slack.until(lambda: len(self.slack.workspace.accepted) == before + posts)
        for post in self.slack.workspace.accepted[before:]:
            self.ear.hear(f"the post in {post['channel']} of {text}", {"text": post["text"], "blocks": post["blocks"]})
        return receipt


def buttons(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for block in answer["blocks"] if block["type"] == "actions" for each in block["elements"]]


async def test_whatever_is_asked_and_refused(slack: SlackApi, sqlite_url: str, language: str) -> None:
    """Every command, every refusal that a person can come upon, the form, and what it says of what is filled in."""
    async with served(sqlite_url, slack.api_url) as bot:
        story = Story(bot, slack, language)
        commands = (
            "ångra jag laget beteenden topplista hjälp" if story.swedish else "undo me team behaviours board help"
        )
        for word in commands.split():
            await story.types(word)
        unknown, near = ("#nonsens", "#ägarska") if story.swedish else ("#nonsense", "#onership")
        crowd = " ".join(f"<@U1{number:02}>" for number in range(26))
        for text in (
            "xylo fjord",
            f"<@U2> {SAID}",
            f"<@U6> {SAID}",
            f"<@U7> {SAID}",
            f"<@U8> {SAID}",
            f"<@U9> {SAID}",
            f"@nobody {SAID}",
            f"<@U77> {SAID}",
            f"<!subteam^S2> {SAID}",
            f"{crowd} {SAID}",
            "<@U3>",
            "<@U3> xylo",
            f"<@U3> {SAID * 30}",
            f"<@U3> {SAID} {unknown}",
            f"<@U3> {SAID} {near}",
            f"<@U3> {SAID} +99",
            f"<@U3> {SAID} +5 +10",
            f"<@U1> <@U3> <@W5> <@U4> <@U100> {SAID} +25",
        ):
            await story.types(text)
        await story.types(f"<@U3> {SAID}", user="U6")
        slack.fail("users.info", slack_api.Kind.SERVER_ERROR, count=10)
        await story.types(f"<@U78> {SAID}")
        slack.heal()
        await story.opens()
        await story.fills_in([], SAID)
        await story.fills_in(["U2"], SAID)
        await story.fills_in(["U3"], "xylo")
        await story.fills_in(["U1", "U3", "W5", "U4", "U100"], SAID, "25")
        await story.presses("choose", "nothing")
        slack.fail("views.open", slack_api.Kind.ERROR)
        await story.types("")
        assert slack.workspace.accepted == []
        assert len({text for text in story.ear.heard if SAID not in text}) > 25, "too little was said"


async def test_whatever_is_given_and_taken_back(slack: SlackApi, sqlite_url: str, language: str) -> None:
    """Receipts, shout-outs and notes of every sort, the question whom a name means, and Undo."""
    async with served(sqlite_url, slack.api_url) as bot:
        story = Story(bot, slack, language)
        tag, private = ("#ägarskap", "privat") if story.swedish else ("#ownership", "private")
        receipt = await story.gives(f"<@U1> <@U3> {SAID} {tag}", 3)
        await story.gives(f"{private} <@U1> {SAID}", 1)
        await story.gives(f"{private} <@U1> <@U3> {SAID} +5", 2)
        await story.gives(f"<@U3> {SAID} +5", 1, channel="G2")
        question = await story.types(f"@anna {SAID}")
        await story.presses("choose", buttons(question)[0]["value"])
        await story.fills_in(["U3"], SAID, "5")
        await story.types("jag" if story.swedish else "me")
        [undo] = [each["value"] for each in buttons(receipt) if each["action_id"] == "undo"]
        await story.presses("undo", undo, user="U1")
        await story.presses("undo", undo)
        await story.presses("undo", undo)
        slack.workspace.may_delete = False
        await story.types("ångra" if story.swedish else "undo")
        await slack.until(lambda: any(post["edits"] for post in slack.posts))
        edited = [post for post in slack.posts if post["edits"]]
        story.ear.hear("a withdrawn post", {"text": edited[0]["text"], "blocks": edited[0]["blocks"]})
        before = len(slack.views)
        [give] = buttons(await story.types("help"))
        at = {"user": "U2", "trigger_id": "9.9.a", "response_url": slack.response_url("given")}
        pressed = {"type": "button", "action_id": give["action_id"], "block_id": "b", "action_ts": "1.1"}
        held = {"type": "message", "message_ts": "1700000000.9", "channel_id": "C1", "is_ephemeral": True}
        await bot.interaction("block_actions", channel={"id": "C1"}, container=held, actions=[pressed], **at)
        story._opened(before, "the form of a button")
        message = {"ts": "1700000000.000200", "user": "U1", "text": SAID}
        at = {"user": "U2", "trigger_id": "9.9.b", "response_url": slack.response_url("used")}
        await bot.interaction(
            "message_action", callback_id="give_kudos", channel={"id": "C1"}, message=message, message_ts="1.1", **at
        )
        story._opened(before + 1, "the form of a shortcut")


async def test_whatever_a_team_is_told(slack: SlackApi, sqlite_url: str, language: str) -> None:
    """A supervisor's recognition, the team's week and digest, nudges, absence, and the form that sets a team up."""
    async with served(sqlite_url, slack.api_url) as bot:
        for person in ("U1", "U2"):
            await bot.command("help", user=person, trigger=person)
    await found_team(sqlite_url)
    async with served(sqlite_url, slack.api_url) as bot:
        story = Story(bot, slack, language)
        week = "laget" if story.swedish else "team"
        await story.types(week)
        await story.gives(f"<@U1> {SAID}", 2, channel="C2")
        await story.types(week)
        await story.types(week, user="U1")
        asked = (
            ("veckobrev", "påminnelser", "borta", "borta till fredag", "borta till xylo", "borta", "tillbaka")
            if story.swedish
            else ("digest", "nudges", "away", "away until friday", "away until xylo", "away", "back")
        )
        for text in asked:
            await story.types(text)
        await story.types(asked[1], user="U1")
        await story.opens("ställ in" if story.swedish else "setup")


async def found_team(database_url: str) -> None:
    async with opened(database_url) as database:
        async with database.reading() as connection:
            known = (await connection.execute(sa.select(tables.accounts))).all()
        persons = {row.id: PersonId(row.person_id) for row in known}
        home = ConversationRef(WorkspaceRef(Platform.SLACK, TEAM), "C1")
        members = {persons["U1"]: Role.AGENT, persons["U2"]: Role.SUPERVISOR}
        async with UnitsOfWork(database)(OrganisationId(known[0].organisation_id)) as work:
            await work.teams.found(TeamSettings("Xylo", "Europe/Stockholm"), members, [home], datetime.now(UTC))
            await work.commit()


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Database]:
    database = Database.open(database_url)
    try:
        yield database
    finally:
        await database.close()
