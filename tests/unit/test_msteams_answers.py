"""Forms that come back refused, where Teams is slow to say who stands in them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.teams import forms
from adapters.teams.activity import Activity, Conversation
from adapters.teams.answers import Answers
from adapters.teams.contacts import Contacts
from adapters.teams.seal import KEY, Seal, Sent
from adapters.teams.store import Contact
from bot.answer import Answer
from bot.errors import TemporaryDeliveryError
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.ports import Profile
from bot.view.form import Form, PeopleField
from tests.memory_teams_chat import MemoryTeamsStore

HERE = WorkspaceRef(Platform.TEAMS, "tenant")
ANNA, BO, CAT, DAN = (AccountRef(HERE, name) for name in ("anna", "bo", "cat", "dan"))
FORM = Form("give", "Give kudos", "Give", "Cancel", (PeopleField("people", "Who", most=25),))
SEAL = Seal(b"s")

WHAT_TEAMS_WAITS = 3.0
"""Seconds for a button's answer, at most."""


class SlowDirectory:
    """Knows everybody, but Cat only when nobody waits any more, and of Dan it cannot be asked."""

    async def person(self, account: AccountRef) -> Profile | None:
        if account == DAN:
            reason = "http_503"
            raise TemporaryDeliveryError(reason)
        if account == CAT:
            await asyncio.sleep(WHAT_TEAMS_WAITS)
        return Profile(account, f"{account.id.title()} of today")


def filled_in(people: str) -> tuple[Sent, dict[str, Any]]:
    card = forms.card(forms.Filling(FORM, "form-1"), SEAL, dialog=True)
    data = {**card["actions"][0]["data"], "people": people}
    sent = SEAL.open(data)
    assert isinstance(sent, Sent)
    return sent, data


@pytest.fixture
def contacts() -> Contacts:
    return Contacts(HERE, MemoryTeamsStore())


@pytest.fixture
def answers(contacts: Contacts) -> Answers:
    nothing_is_posted: Any = None
    directory: Any = SlowDirectory()
    return Answers(nothing_is_posted, directory, contacts, SEAL)


async def names_shown(answers: Answers, people: str) -> list[str]:
    sent, data = filled_in(people)
    activity = Activity(
        type="invoke", name="task/submit", conversation=Conversation("19:phone@thread.tacv2"), value={"data": data}
    )
    shown = await answers.to_dialog(activity, Answer(problems={"people": "Pick one."}), sent)
    card = shown["task"]["value"]["card"]["content"]
    assert KEY in card["actions"][0]["data"]
    return [choice["title"] for each in card["body"] if each.get("id") == "people" for choice in each["choices"]]


async def test_names_that_come_in_time_are_shown_beside_those_that_do_not(answers: Answers):
    assert await names_shown(answers, "anna,cat,dan,bo") == ["Anna of today", "…", "…", "Bo of today"]


async def test_who_was_met_has_a_name_whatever_teams_says_now(answers: Answers, contacts: Contacts):
    for account in (CAT, DAN):
        await contacts.keep(Contact(account, name=f"{account.id.title()} as met"))
    assert await names_shown(answers, "anna,cat,dan") == ["Anna of today", "Cat as met", "Dan as met"]
