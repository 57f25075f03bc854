"""What an operator sees when the configuration is right, half right or wrong."""

import os

import pytest

from adapters.settings import LogFormat, Settings, SettingsError, Use, load_settings

KEY = "k" * 43
SECRET = "do-not-show-4711"
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
TEAMS = {"TEAMS_APP_ID": GUID, "TEAMS_APP_PASSWORD": SECRET, "TEAMS_TENANT_ID": TENANT}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch):
    for name in [*os.environ]:
        if name.lower() in Settings.model_fields or name.startswith(("SLACK_", "TEAMS_")):
            monkeypatch.delenv(name)


@pytest.fixture
def environment(monkeypatch):
    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


def test_only_the_secret_key_must_be_set(environment):
    environment(SECRET_KEY=KEY)
    settings = load_settings()
    assert settings.database_url.get_secret_value() == "sqlite:///var/kudos.db"
    assert (settings.host, settings.port, settings.kudos_command) == ("127.0.0.1", 8000, "/kudos")
    assert settings.slack_api_url == "https://slack.com/api/"
    assert not settings.slack_enabled


def test_token_and_signing_secret_together_switch_slack_on(environment):
    environment(SECRET_KEY=KEY, SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s")
    assert load_settings().slack_enabled


def test_teams_is_off_unless_it_is_configured(environment):
    environment(SECRET_KEY=KEY)
    assert not load_settings().teams_enabled


def test_registration_secret_and_tenant_together_switch_teams_on(environment):
    environment(SECRET_KEY=KEY, **TEAMS)
    settings = load_settings()
    assert settings.teams_enabled
    assert SECRET not in repr(settings)


def test_administrators_in_teams_are_named_by_their_object_ids(environment):
    other = "11111111-1111-4111-8111-11111111111A"
    environment(SECRET_KEY=KEY, **TEAMS, TEAMS_ADMINS=f"{GUID}, {other}")
    assert load_settings().teams_administrators == {GUID, other.lower()}


@pytest.mark.parametrize("ids", [f"{GUID},", f"{GUID}, ", f",{GUID},,"])
def test_a_comma_too_many_among_administrators_names_nobody(environment, ids):
    environment(SECRET_KEY=KEY, **TEAMS, TEAMS_ADMINS=ids)
    assert load_settings().teams_administrators == {GUID}


def test_nobody_administers_teams_unless_named(environment):
    environment(SECRET_KEY=KEY, **TEAMS)
    assert load_settings().teams_administrators == frozenset()


def test_an_emulator_is_let_in_where_nobody_else_can_come(environment):
    environment(SECRET_KEY=KEY, TEAMS_ALLOW_ANONYMOUS="true")
    assert load_settings().teams_enabled


@pytest.mark.parametrize(
    "address",
    [
        "postgres://u:p@db/kudos",
        "postgresql://u:p@db/kudos?sslmode=require",
        "postgresql+asyncpg://u:p@db/kudos",
        "sqlite:////data/kudos.db",
        "sqlite+aiosqlite:///kudos.db",
    ],
)
def test_database_addresses_are_taken_as_providers_hand_them_out(environment, address):
    environment(SECRET_KEY=KEY, DATABASE_URL=address)
    assert load_settings().database_url.get_secret_value() == address


@pytest.mark.parametrize(
    ("variables", "named", "advice"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set", "secrets.token_urlsafe"),
        ({"SECRET_KEY": SECRET}, "SECRET_KEY", "secrets.token_urlsafe"),
        ({"SLACK_BOT_TOKEN": SECRET}, "SLACK_SIGNING_SECRET is not set", "Basic Information"),
        ({"SLACK_SIGNING_SECRET": SECRET}, "SLACK_BOT_TOKEN is not set", "OAuth & Permissions"),
        ({"DATABASE_URL": f"mysql://u:{SECRET}@db/kudos"}, "DATABASE_URL", "postgresql://"),
        ({"DATABASE_URL": SECRET}, "DATABASE_URL", "sqlite:///"),
        ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL", "and a path"),
        ({"PORT": SECRET}, "PORT", "whole number"),
        ({"PORT": "70000"}, "PORT", "65535"),
        ({"PUBLIC_URL": "http://kudos.example"}, "PUBLIC_URL", "https://"),
        ({"PUBLIC_URL": "kudos.example"}, "PUBLIC_URL", "https://"),
        ({"SLACK_API_URL": "http://slack.example/api/"}, "SLACK_API_URL", "https://"),
        ({"KUDOS_COMMAND": "Kudos please"}, "KUDOS_COMMAND", "/kudos"),
        ({"DELIVERY_LEASE_SECONDS": "0"}, "DELIVERY_LEASE_SECONDS", "seconds"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT", "json"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL", "warning"),
        ({"TEAMS_APP_ID": SECRET}, "TEAMS_APP_ID", "Application (client) ID"),
        ({"TEAMS_TENANT_ID": SECRET}, "TEAMS_TENANT_ID", "Directory (tenant) ID"),
        ({"TEAMS_APP_PASSWORD": SECRET}, "TEAMS_APP_ID is not set", "Overview"),
        ({"TEAMS_APP_ID": GUID, "TEAMS_APP_PASSWORD": SECRET}, "TEAMS_TENANT_ID is not set", "Overview"),
        ({"TEAMS_APP_ID": GUID, "TEAMS_TENANT_ID": GUID}, "TEAMS_APP_PASSWORD is not set", "Certificates & secrets"),
        ({"TEAMS_ALLOW_ANONYMOUS": "perhaps"}, "TEAMS_ALLOW_ANONYMOUS", "true or false"),
        ({"TEAMS_ALLOW_ANONYMOUS": "true", "HOST": "0.0.0.0"}, "TEAMS_ALLOW_ANONYMOUS", "anybody"),  # noqa: S104 it is refused
        ({"TEAMS_ALLOW_ANONYMOUS": "1", "PUBLIC_URL": "https://kudos.example"}, "TEAMS_ALLOW_ANONYMOUS", "anybody"),
        ({"TEAMS_ALLOW_ANONYMOUS": "1", "TEAMS_APP_PASSWORD": SECRET}, "TEAMS_APP_ID is not set", "Overview"),
        ({"TEAMS_ALLOW_ANONYMOUS": "1", **TEAMS}, "TEAMS_ALLOW_ANONYMOUS", "TEAMS_APP_PASSWORD"),
        ({**TEAMS, "TEAMS_ADMINS": SECRET}, "TEAMS_ADMINS", "Object IDs"),
        ({**TEAMS, "TEAMS_ADMINS": f"{GUID},anna@x.example"}, "TEAMS_ADMINS", "Object IDs"),
        ({**TEAMS, "TEAMS_ADMINS": f"{GUID};{GUID}"}, "TEAMS_ADMINS", "Object IDs"),
        ({**TEAMS, "TEAMS_ADMINS": " , "}, "TEAMS_ADMINS", "Object IDs"),
        ({"TEAMS_ADMINS": GUID}, "TEAMS_ADMINS", "TEAMS_APP_ID"),
        ({**TEAMS, "TEAMS_APP_PASSWORD": GUID}, "TEAMS_APP_PASSWORD looks like the Secret ID", "Value"),
        ({**TEAMS, "TEAMS_TENANT_ID": TEAMS["TEAMS_APP_ID"].upper()}, "TEAMS_TENANT_ID is the same", "Directory"),
        ({"TEAMS_LOGIN_URL": "https://login.example"}, "TEAMS_LOGIN_URL", "this machine"),
        ({"SLACK_CLIENT_ID": SECRET}, "SLACK_CLIENT_ID", "unset"),
        ({"SLACK_APP_TOKEN": SECRET}, "SLACK_APP_TOKEN", "unset"),
    ],
)
def test_half_a_configuration_is_refused_by_name_and_without_its_value(environment, variables, named, advice):
    environment(**{"SECRET_KEY": KEY} | variables)
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    sentence = str(refusal.value)
    assert sentence.startswith(named)
    assert advice in sentence
    assert SECRET not in sentence
    assert refusal.value.__cause__ is None


def test_everything_that_is_wrong_is_said_at_once(environment):
    environment(PORT="x", LOG_FORMAT="x")
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    assert [line.split()[0] for line in str(refusal.value).splitlines()] == ["SECRET_KEY", "PORT", "LOG_FORMAT"]


def test_secrets_are_not_shown_when_settings_are_printed(environment):
    environment(
        SECRET_KEY=SECRET * 3,
        SLACK_BOT_TOKEN=SECRET,
        SLACK_SIGNING_SECRET=SECRET,
        DATABASE_URL=f"postgresql://u:{SECRET}@db/kudos",
    )
    settings = load_settings()
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_local_addresses_may_be_plain_http(environment):
    environment(SECRET_KEY=KEY, PUBLIC_URL="http://127.0.0.1:9000/", SLACK_API_URL="http://localhost:4000/api")
    settings = load_settings()
    assert settings.public_url == "http://127.0.0.1:9000"
    assert settings.slack_api_url == "http://localhost:4000/api/"


def test_maintenance_needs_the_database_only(environment):
    environment(DATABASE_URL="postgresql://u:p@db/kudos", SLACK_BOT_TOKEN="xoxb-1")
    assert load_settings(Use.MAINTAIN).database_url.get_secret_value().endswith("u:p@db/kudos")


def test_maintenance_minds_nothing_but_the_database(environment):
    environment(DATABASE_URL="sqlite:///x.db", TEAMS_ADMINS="anna", PORT="many", LOG_FORMAT="json")
    settings = load_settings(Use.MAINTAIN)
    assert (settings.teams_admins, settings.port, settings.log_format) == (None, 8000, LogFormat.JSON)
    environment(DATABASE_URL="kudos.db")
    with pytest.raises(SettingsError, match="DATABASE_URL cannot be used as it is"):
        load_settings(Use.MAINTAIN)


def test_what_asks_the_platforms_needs_them_whole_and_no_key(environment):
    environment(**TEAMS)
    assert load_settings(Use.ASK).teams_enabled
    environment(TEAMS_TENANT_ID="")
    with pytest.raises(SettingsError, match="TEAMS_TENANT_ID is not set"):
        load_settings(Use.ASK)


def test_the_demo_needs_nothing_and_leaves_the_real_platform_alone(environment):
    environment(SLACK_BOT_TOKEN="xoxb-1", PUBLIC_URL="kudos.example", PORT="8123", **TEAMS)
    settings = load_settings(Use.DEMO)
    assert not settings.slack_enabled
    assert not settings.teams_enabled
    assert settings.port == 8123
    assert settings.database_url.get_secret_value() == "sqlite:///var/demo.db"


def test_the_demo_refuses_a_database_that_may_be_the_real_one(environment):
    environment(DATABASE_URL="postgresql://u:p@db/kudos")
    with pytest.raises(SettingsError, match="DATABASE_URL is set, but the demo"):
        load_settings(Use.DEMO)
