"""The documentation says everything that the code has, and leads nowhere that is not there."""

import re
import tomllib
from pathlib import Path

import click
import pytest

from adapters.observability import METRICS
from adapters.settings import Settings
from bot.delivery.model import State
from bot.errors import Code
from bot.view.message import MessageKind
from kudos.command_line import main
from kudos.reasons import REASONS, meaning_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def rows(page):
    """Give what the tables of a page name in the first cell of each row."""
    return re.findall(r"^\| `([^`]+)` \|", page.read_text(), re.MULTILINE)


def anchors(page):
    """Give the anchors of a page as GitHub makes them."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(page.read_text())}


def commands():
    return {name: command for name, command in main.commands.items() if not command.hidden}


def test_every_setting_is_explained_once_and_none_that_is_not_there():
    assert sorted(rows(REFERENCE / "settings.md")) == sorted(name.upper() for name in Settings.model_fields)


def test_the_defaults_of_settings_are_those_of_the_code():
    text = (REFERENCE / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if hasattr(field.default, "get_secret_value") else field.default
        shown = "none, must be set" if field.is_required() else "unset" if default is None else f"`{default}`"
        assert f"| `{name.upper()}` | {shown} |" in text


def test_every_refusal_is_explained():
    assert sorted(rows(REFERENCE / "errors.md")) == sorted(Code)


def test_every_kind_of_message_is_explained():
    assert sorted(rows(REFERENCE / "messages.md")) == sorted(MessageKind)


def test_every_metric_is_explained_with_its_kind_and_labels():
    text = (REFERENCE / "metrics.md").read_text()
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        assert f"| `{metric.name}` | {metric.kind} | {labels} |" in text
    assert len(rows(REFERENCE / "metrics.md")) == len(METRICS)


def test_every_state_of_the_outbox_is_named_where_it_is_counted():
    text = (REFERENCE / "metrics.md").read_text()
    assert [state for state in State if f"`{state}`" not in text] == []


def test_every_reason_for_what_was_not_delivered_is_explained_as_in_the_list():
    text = (REFERENCE / "delivery.md").read_text()
    assert [reason for reason, meaning in REASONS.items() if f"| `{reason}` | {meaning} |" not in text] == []


def test_every_row_of_the_page_means_what_is_said_of_it():
    told = re.findall(r"^\| (`.+?) \| (.+) \|$", (REFERENCE / "delivery.md").read_text(), re.MULTILINE)
    assert len(told) > len(REASONS)
    for reasons, said in told:
        for reason in re.findall(r"`(.+?)`", reasons.replace("in `Error`", "in `LostError`")):
            # "…" stands for anything: digits are a code, and a word behind a colon that nobody knows.
            meaning = meaning_of(reason.replace("5…", "503").replace("…", "7"))
            assert meaning, reason
            assert said.startswith(meaning), reason


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("MessageWritesBlocked", "have blocked or removed the bot"),
        ("given up after a day: sign_in_unreachable", "did not go out within a day. https://login"),
        ("given up after a day: http_503", "within a day. The platform was busy"),
        ("may have arrived: the platform cannot be asked", "Look in the conversation"),
        ("what it is about may have arrived: the platform cannot be asked", "Look in the conversation"),
        ("no_chat_with_person: Forbidden", "do not have the app"),
        ("no_chat_with_person: ConversationNotFound", "this person cannot be written to"),
        ("given up after a day: no_chat_with_person: ConversationNotFound", "this person cannot be written to"),
        ("no_chat_with_person: BotDisabledByAdmin", "an administrator blocked the app"),
        ("ServiceError", "The platform was busy"),
        ("AADSTS7000222", "TEAMS_APP_PASSWORD"),
        ("no answer within 10 s", "may have arrived"),
        ("ServerDisconnectedError", "may have arrived"),
    ],
)
def test_a_reason_is_put_into_words(reason, meaning):
    assert meaning in meaning_of(reason)


def test_of_a_reason_that_nobody_knows_nothing_is_said():
    assert meaning_of("SomethingNew") == ""
    assert meaning_of("given up after a day: SomethingNew") == "It did not go out within a day."


def test_every_command_is_explained_and_none_that_is_not_there():
    documented = [row.removeprefix("python -m kudos ") for row in rows(REFERENCE / "cli.md")]
    assert sorted(documented) == sorted(commands())


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_of_a_command_is_in_its_line(name):
    line = next(line for line in (REFERENCE / "cli.md").read_text().splitlines() if f"`python -m kudos {name}`" in line)
    options = [option.opts[-1] for option in commands()[name].params if isinstance(option, click.Option)]
    assert [option for option in options if option not in line] == []
    assert set(re.findall(r"--[a-z-]+", line)) == set(options)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page):
    dead = []
    for link in LINK.findall(page.read_text()):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_page_is_reached_from_the_readme():
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        linked = ((page.parent / link.partition("#")[0]).resolve() for link in LINK.findall(page.read_text()))
        waiting += [target for target in linked if target.suffix == ".md" and target.exists() and target not in seen]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in seen] == []


def test_every_decision_is_in_the_index():
    index = DOCS / "adr" / "README.md"
    assert LINK.findall(index.read_text()) == sorted(page.name for page in index.parent.glob("0*.md"))


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.match(r"[a-z0-9-]+", line)[0] for line in project["dependencies"]]
    assert rows(DOCS / "adr" / "0010-runtime-dependencies.md") == sorted(names)


def test_every_verb_of_run_is_in_its_help():
    script = (ROOT / "run").read_text()
    cases = re.findall(r"^([a-z |-]+)\)", script, re.MULTILINE)
    verbs = {verb.strip() for case in cases for verb in case.split("|") if not verb.strip().startswith("-")}
    helped = set(re.findall(r"^\./run ([a-z]+)", script.partition("<<'HELP'")[2], re.MULTILINE))
    assert helped == verbs
    assert verbs == {"demo", "test", "check", "bench", "migrate", "serve", "kudos", "help"}
