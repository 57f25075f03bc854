"""What is on a card can be pressed for as long as the bot keeps its secret key, whatever else is renewed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.msteams_house import house
from tests.servers.connector import CHANNEL, Post, Teams, running

KUDOS = "@ {0} stayed with a caller until it was solved"


async def given(teams: Teams, database_url: str) -> Post:
    """The receipt of a kudos, from a bot that is stopped since."""
    async with house(teams, database_url) as here:
        await here.send(teams.activity("installationUpdate", 1, CHANNEL, action="add-upgrade"))
        receipt, *_ = await here.say(teams.message(1, KUDOS, CHANNEL, 2))
        return receipt


def undo(teams: Teams, receipt: Post) -> dict[str, Any]:
    """What Teams sends when Undo is pressed on it."""
    sets = (each["actions"] for each in receipt.card["body"] if each["type"] == "ActionSet")
    button = next(each for actions in sets for each in actions if each["title"] == "Undo")
    value = {"action": {"type": "Action.Execute", "verb": button.get("verb"), "data": button["data"]}}
    return teams.invoke(1, "adaptiveCard/action", value, receipt.conversation, replyToId=receipt.id)


@pytest.mark.parametrize(
    ("renewed", "answer"),
    [({"password": "second"}, "Taken back"), ({"secret_key": "another" * 7}, "too old")],
)
async def test_a_card_outlives_a_new_app_password_but_not_a_new_secret_key(
    sqlite_url: str, renewed: dict[str, Any], answer: str
):
    async with running() as teams:
        receipt = await given(teams, sqlite_url)
        async with house(teams, sqlite_url, **renewed) as here:
            assert answer in json.dumps(await here.ask(undo(teams, receipt)))
