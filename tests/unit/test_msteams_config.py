"""What the Teams adapter is told: ids in any case mean the same, and half of it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.teams.config import TeamsConfig
from bot.identity import Platform, WorkspaceRef
from tests.servers.connector import APP, TENANT, aad

GIVEN: dict[str, Any] = {"app_id": APP, "password": "secret", "tenant": TENANT}
NAMED: dict[str, str] = {"app_id": "TEAMS_APP_ID", "password": "TEAMS_APP_PASSWORD", "tenant": "TEAMS_TENANT_ID"}


def test_ids_mean_the_same_in_capitals():
    admins = frozenset({aad(10).replace("8", "a")})
    small = TeamsConfig(**GIVEN, admins=admins)
    large = TeamsConfig(APP.upper(), "secret", TENANT.upper(), admins=frozenset(each.upper() for each in admins))
    assert large == small
    assert large.workspace == WorkspaceRef(Platform.TEAMS, TENANT)


def test_a_secret_keeps_its_capitals_and_stays_out_of_sight():
    config = TeamsConfig(**GIVEN | {"password": "SeCreT"})
    assert config.password == "SeCreT"
    assert "SeCreT" not in repr(config)


@pytest.mark.parametrize("missing", NAMED)
def test_what_would_let_anybody_in_or_nobody_is_refused(missing: str):
    with pytest.raises(ValueError, match=NAMED[missing]):
        TeamsConfig(**GIVEN | {missing: ""})


def test_an_emulator_needs_no_registration():
    assert TeamsConfig("", "", "", anonymous=True).workspace.id == "emulator"


def test_a_stand_in_is_asked_in_place_of_microsoft():
    assert TeamsConfig(**GIVEN).login_url == "https://login.microsoftonline.com"
    config = TeamsConfig(**GIVEN, stand_in="http://127.0.0.1:1")
    assert config.login_url == "http://127.0.0.1:1"
    assert config.keys_url.startswith("http://127.0.0.1:1/")
