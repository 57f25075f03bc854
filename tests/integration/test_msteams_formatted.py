"""Kudos in messages with formatting, as Teams sends them: text, and the same as HTML beside it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.msteams_house import House, house
from tests.servers.connector import GROUP, Teams

SAID = "stayed with a caller until it was solved"


@pytest.fixture
async def here(teams: Teams, sqlite_url: str) -> AsyncIterator[House]:
    async with house(teams, sqlite_url) as served:
        await served.send(teams.activity("installationUpdate", 1, GROUP, action="add-upgrade"))
        yield served


def formatted(html: str) -> dict[str, Any]:
    """What comes beside a message's text."""
    return {"textFormat": "plain", "attachments": [{"contentType": "text/html", "content": html}]}


def reasons(teams: Teams) -> list[str]:
    """What the group reads that was said."""
    return [json.dumps(post.card, ensure_ascii=False) for post in teams.standing(GROUP)]


async def test_a_tag_in_code_is_part_of_the_reason_and_no_behaviour(here: House, teams: Teams):
    html = f"<p>Kudos&nbsp;<strong>Bo Svensson</strong>&nbsp;{SAID}, with <code>grep #nonsense +500</code></p>"
    await here.say(teams.message(1, f"@ {{0}} {SAID}, with grep #nonsense +500", GROUP, 2, **formatted(html)))
    (shown,) = reasons(teams)
    assert f"{SAID}, with grep #nonsense +500" in shown


async def test_who_answers_somebodys_message_says_only_their_own(here: House, teams: Teams):
    message = teams.message(1, f"@ {{0}} {SAID}", GROUP, 2)
    message["text"] = f'<quoted messageId="1783379480258"/> {message["text"]}'
    message |= formatted(
        '<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="1783379480258">'
        '<strong itemprop="mri">Cat</strong><p itemprop="preview">who took the call?</p></blockquote>'
        f"<p>Kudos&nbsp;Bo Svensson&nbsp;{SAID}</p>"
    )
    await here.say(message)
    (shown,) = reasons(teams)
    assert f'"{SAID}"' in shown
    assert "1783379480258" not in shown
    assert "who took the call" not in shown
