"""Whom the operator names in TEAMS_ADMINS sets up a team in its channel in Teams, and may change any."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.ports import Standing
from tests.integration.test_msteams_supervisor import until
from tests.msteams_house import House, house, inputs, of_form, words
from tests.servers.connector import CHANNEL, Post, Teams, aad

ADMIN, SUPERVISOR, AGENT = 2, 1, 3
MONDAY = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)
"""Noon in Stockholm."""


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url, at=MONDAY, admins=frozenset({aad(ADMIN)})) as served:
        await served.let_in(CHANNEL, by=ADMIN)
        yield served


async def the_form(here: House, teams: Teams, by: int) -> Post:
    """Write setup in the channel; give what is answered to whoever did alone."""
    (answer,) = await here.say(teams.message(by, "@ setup", CHANNEL))
    assert answer.conversation == f"a:{by}"
    return answer


async def send_in(here: House, teams: Teams, by: int, form: Post, **filled: str) -> dict[str, Any]:
    (send,) = form.card["actions"]
    # What is refused is shown in the answer alone, so that nothing else is waited for.
    value = {"action": {**send, "data": of_form(form.card, **filled)}}
    answer = await here.ask(teams.invoke(by, "adaptiveCard/action", value, form.conversation, replyToId=form.id))
    await here.deliver()
    card: dict[str, Any] = answer["value"]
    return card


async def test_an_administrator_sets_a_team_up_for_others(here: House, teams: Teams) -> None:
    form = await the_form(here, teams, ADMIN)
    assert inputs(form.card)["supervisors"]["value"] == aad(ADMIN), "themselves, until they pick others"
    filled = {"supervisors": f"{aad(SUPERVISOR)},{aad(ADMIN)}", "digest_day": "2", "digest_time": "08:30"}

    refused = await send_in(here, teams, ADMIN, form, **filled)
    assert "What is the team called?" in words(refused)
    assert inputs(refused)["digest_time"]["value"] == "08:30", "what was filled in stands"

    said = words(await send_in(here, teams, ADMIN, form, name="Phone", **filled))
    assert "Phone is set up" in said
    assert "Anna Ek and Bo Svensson" in said
    assert "Tuesday at 08:30" in said

    # It lives in that channel: what its people give shows there, and so does its digest, when it was said to.
    await here.say(teams.message(AGENT, "kudos Anna Ek stayed with a caller until it was solved"))
    [shout_out] = teams.standing(CHANNEL)
    assert "stayed with a caller until it was solved" in words(shout_out.card)
    await until(here, MONDAY + timedelta(hours=20))
    assert len(teams.standing(CHANNEL)) == 1
    await until(here, MONDAY + timedelta(hours=21))
    digest = teams.standing(CHANNEL)[-1]
    assert "The week in Phone" in words(digest.card)
    assert "stayed with a caller until it was solved" in words(digest.card)


async def test_they_may_change_a_team_that_is_anothers_and_nobody_else_may(here: House, teams: Teams) -> None:
    form = await the_form(here, teams, SUPERVISOR)
    assert "Phone is set up" in words(await send_in(here, teams, SUPERVISOR, form, name="Phone"))

    refused = await the_form(here, teams, AGENT)
    assert words(refused.card) == "Only the team's supervisors can change this. Please ask Anna Ek."

    form = await the_form(here, teams, ADMIN)
    stands = inputs(form.card)
    assert (stands["name"]["value"], stands["supervisors"]["value"]) == ("Phone", aad(SUPERVISOR))
    said = words(await send_in(here, teams, ADMIN, form, name="Voice", supervisors=aad(AGENT)))
    assert "Voice is changed" in said
    assert "Supervisors: Cat Öberg" in said
    (shown,) = await here.say(teams.message(AGENT, "@ setup", CHANNEL))
    assert inputs(shown.card)["name"]["value"] == "Voice"


async def test_a_supervisor_who_left_the_tenant_leads_the_team_again_once_back(teams: Teams, sqlite_url: str) -> None:
    admins = frozenset({aad(ADMIN)})
    async with house(teams, sqlite_url, at=MONDAY, admins=admins) as before:
        await before.let_in(CHANNEL, by=ADMIN)
        form = await the_form(before, teams, ADMIN)
        await send_in(before, teams, ADMIN, form, name="Phone", supervisors=f"{aad(SUPERVISOR)},{aad(ADMIN)}")
    places = [chat.members for chat in teams.chats.values() if aad(SUPERVISOR) in chat.members]
    for members in places:
        members.remove(aad(SUPERVISOR))
    # The bot looks who is there when it starts.
    async with house(teams, sqlite_url, at=MONDAY, admins=admins) as here:
        await here.until_known(SUPERVISOR, Standing.LEFT)
        form = await the_form(here, teams, ADMIN)
        assert inputs(form.card)["supervisors"]["value"] == aad(ADMIN)
        said = words(await send_in(here, teams, ADMIN, form, digest_day="3"))
        assert "Supervisors: Bo SvenssonMembers: " in said
        assert "Not here any more, and supervisors again if they come back: Anna Ek." in said
        for members in places:
            members.append(aad(SUPERVISOR))
        form = await the_form(here, teams, SUPERVISOR)
        assert set(inputs(form.card)["supervisors"]["value"].split(",")) == {aad(SUPERVISOR), aad(ADMIN)}


@pytest.mark.parametrize(
    ("locale", "written", "told"),
    [
        (
            "en-GB",
            "setup",
            "Go to the team's own channel, where its people meet, mention me there and write @Kudos setup",
        ),
        (
            "sv-SE",
            "ställ in",
            "Gå till teamets egen kanal, där dess medlemmar träffas, nämn mig där och skriv @Kudos ställ in",
        ),
    ],
)
async def test_in_ones_own_chat_it_is_said_where_and_how(
    here: House, teams: Teams, locale: str, written: str, told: str
) -> None:
    await here.say(teams.message(ADMIN, "me", locale=locale))
    (refused,) = await here.say(teams.message(ADMIN, written, locale=locale))
    assert refused.conversation == f"a:{ADMIN}"
    assert words(refused.card) == told
    # What is told there works as it stands.
    mentioning = told.rpartition(" @Kudos ")[2]
    (form,) = await here.say(teams.message(ADMIN, f"@ {mentioning}", CHANNEL, locale=locale))
    assert "name" in inputs(form.card)


async def test_help_says_how_to_be_heard_in_a_channel(here: House, teams: Teams) -> None:
    (shown,) = await here.say(teams.message(ADMIN, "help"))
    assert "mention me instead: @Kudos @Anna stayed with a caller until it was solved" in words(shown.card)
    assert "Set your team up, in its channel: @Kudos setup" in words(shown.card)
    assert "kudos link" in words(shown.card)
    (shown,) = await here.say(teams.message(AGENT, "help"))
    assert "kudos link" not in words(shown.card)
