"""The app package is what Teams takes, asks for what is documented, and offers what the bot understands."""

from __future__ import annotations

import json
import re
import subprocess
import zlib
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from adapters.teams.package.archive import package
from adapters.teams.package.manifest import ACCENT, App, manifest, texts
from adapters.teams.typed import called
from bot.i18n import LANGUAGES, translator
from bot.incoming import Manner, Words
from bot.recognition.commands import COMMAND_WORDS, GoAway, OpenForm, SetUpTeam, ShowBoard, ShowHelp
from bot.recognition.grammar import parse
from bot.recognition.help_words import help_message
from bot.view.message import Facts
from kudos.command_line import main
from tests.requirements_here import require_judges, require_node

PAGE = Path(__file__).parents[2] / "docs" / "install-teams.md"
ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
APP = App("https://kudos.example", ID)
SLASH = App("https://kudos.example", ID, slash=True)

EN, SV = (translator(language) for language in ("en", "sv"))


def unpacked(app):
    with ZipFile(BytesIO(package(app))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def strings(value):
    match value:
        case dict():
            return [text for inner in value.values() for text in strings(inner)]
        case list():
            return [text for inner in value for text in strings(inner)]
        case str():
            return [value]
    return []


def at(made, place):
    """Give what a key of a localisation file, such as bots[0].commandLists[1].commands[2].title, stands for."""
    for step in re.findall(r"[^.\[\]]+", place):
        made = made[int(step) if step.isdigit() else step]
    return made


def complaints(judged):
    """Ask Microsoft's own schemas, of npm's @microsoft/app-manifest, what they object to."""
    judges = require_judges()
    done = subprocess.run(
        [require_node(), judges / "package.mjs"],
        input=json.dumps(judged),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def pixels(png):
    """Give the rows of a picture as (red, green, blue, alpha). It is as resvg writes it: RGBA, not interlaced."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, offset = [], 8
    while offset < len(png):
        length = int.from_bytes(png[offset : offset + 4])
        chunks.append((png[offset + 4 : offset + 8], png[offset + 8 : offset + 8 + length]))
        offset += 12 + length
    header = dict(chunks)[b"IHDR"]
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    assert header[8:] == bytes([8, 6, 0, 0, 0])
    raw = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    above, rows = bytes(width * 4), []
    for start in range(0, len(raw), width * 4 + 1):
        row = unfiltered(raw[start], raw[start + 1 : start + 1 + width * 4], above)
        rows.append([tuple(row[at : at + 4]) for at in range(0, len(row), 4)])
        above = row
    assert len(rows) == height
    return rows


def unfiltered(kind, line, above):
    row = bytearray()
    for at, byte in enumerate(line):
        left, up, corner = (row[at - 4], above[at], above[at - 4]) if at >= 4 else (0, above[at], 0)
        nearest = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
        row.append((byte + (0, left, up, (left + up) // 2, nearest)[kind]) & 255)
    return bytes(row)


@pytest.mark.parametrize("app", [APP, SLASH, App("https://kudos.example:8443/", ID.upper(), "/praise", "Ö" * 32)])
def test_microsofts_own_schemas_object_to_nothing(app):
    files = unpacked(app)
    judged = [json.loads(files[name]) for name in files if name.endswith(".json")]
    assert [each["$schema"].rsplit("/", 2)[1] for each in judged] == ["v1.29"] * 3
    assert complaints(judged) == [[], [], []]


def test_the_schemas_do_object_to_what_is_wrong():
    made = manifest(APP, EN)
    made["bots"][0]["scopes"] = ["everywhere"]
    told = texts(APP, SV) | {"bots[0].commandLists[0].commands[12].title": "one too many", "name.short": "K" * 31}
    [of_manifest, of_texts] = complaints([made, told])
    assert "/bots/0/scopes/0" in of_manifest[0]
    assert len(of_texts) == 2


def test_the_zip_holds_what_the_manifest_names_and_nothing_else():
    files = unpacked(APP)
    made = json.loads(files["manifest.json"])
    languages = made["localizationInfo"]
    named = {made["icons"]["color"], made["icons"]["outline"], languages["defaultLanguageFile"]}
    named |= {each["file"] for each in languages["additionalLanguages"]}
    assert set(files) == named | {"manifest.json"}
    assert languages["defaultLanguageTag"] == "en"
    assert [each["languageTag"] for each in languages["additionalLanguages"]] == ["sv"]


def test_the_same_app_gives_the_same_bytes():
    assert package(APP) == package(App("https://kudos.example", ID))
    assert package(APP) != package(SLASH)
    with ZipFile(BytesIO(package(APP))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_colour_icon_fills_its_square():
    rows = pixels(unpacked(APP)["color.png"])
    assert (len(rows), len(rows[0])) == (192, 192)
    assert {pixel[3] for row in rows for pixel in row} == {255}
    assert {"#{:02x}{:02x}{:02x}".format(*rows[y][x][:3]) for x in (0, 191) for y in (0, 191)} == {ACCENT}
    drawn = [(x, y) for y, row in enumerate(rows) for x, pixel in enumerate(row) if pixel != rows[0][0]]
    # Teams may cut a circle or round the corners: the drawing keeps to the middle 120 by 120.
    assert min(min(place) for place in drawn) >= 36
    assert max(max(place) for place in drawn) < 156
    assert len(drawn) > 4_000


def test_the_outline_icon_is_white_on_nothing():
    rows = pixels(unpacked(APP)["outline.png"])
    assert (len(rows), len(rows[0])) == (32, 32)
    shown = [pixel for row in rows for pixel in row if pixel[3]]
    assert {pixel[:3] for pixel in shown} == {(255, 255, 255)}
    assert 100 < len(shown) < 32 * 32 / 2
    assert rows[0][0][3] == 0


def test_it_asks_for_what_is_documented_and_nothing_more():
    made = manifest(SLASH, EN)
    table = PAGE.read_text().split("| permission | why |")[1].split("\n\n")[0]
    why = dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", table, re.MULTILINE))
    assert sorted(why) == sorted(made["permissions"])
    assert all(reason.endswith(".") for reason in why.values())


@pytest.mark.parametrize("app", [APP, SLASH])
def test_it_does_not_ask_to_read_conversations_or_to_use_a_device(app):
    made = manifest(app, EN)
    asking = {"authorization", "webApplicationInfo", "devicePermissions", "graphConnector", "activities"}
    assert asking.isdisjoint(made)
    assert [text for text in strings(made) if re.search(r"\.Read\w*\.", text)] == []
    assert made["bots"][0]["supportsFiles"] is False


def test_the_bot_is_for_channels_group_chats_and_people():
    made = manifest(APP, EN)
    [bot] = made["bots"]
    assert bot["scopes"] == ["personal", "team", "groupChat"]
    assert (bot["botId"], made["composeExtensions"][0]["botId"], made["id"]) == (ID, ID, ID)
    assert made["validDomains"] == ["kudos.example"]
    assert made["defaultGroupCapability"] == {"team": "bot", "groupchat": "bot"}


def test_an_id_is_written_small_and_a_host_keeps_its_port():
    made = manifest(App("https://Kudos.Example:8443/", ID.upper()), EN)
    assert made["id"] == ID
    assert made["validDomains"] == ["kudos.example:8443"]
    assert made["developer"]["websiteUrl"] == "https://kudos.example:8443"


def test_who_is_behind_it_can_be_said():
    about = "https://intranet.example/kudos"
    told = manifest(App("https://kudos.example", ID, publisher="Nordic Care", about=about), EN)["developer"]
    assert told == {"name": "Nordic Care", "websiteUrl": about, "privacyUrl": about, "termsOfUseUrl": about}


def test_the_form_opens_where_people_write_and_from_a_message():
    commands = manifest(APP, EN)["composeExtensions"][0]["commands"]
    assert [command["context"] for command in commands] == [["compose"], ["message"]]
    assert {(command["type"], command["fetchTask"]) for command in commands} == {("action", True)}
    assert len({command["id"] for command in commands}) == 2
    assert {command["title"] for command in commands} == {"Give kudos"}


def test_slash_commands_are_there_if_they_are_asked_for():
    without = json.dumps(manifest(APP, EN))
    assert "triggers" not in without
    assert "supportsTargetedMessages" not in without
    made = manifest(SLASH, EN)
    [bot], [extension] = made["bots"], made["composeExtensions"]
    assert bot["supportsTargetedMessages"] is True
    personal, shared = bot["commandLists"]
    assert "triggers" not in personal
    assert shared["triggers"] == ["mention", "slash"]
    assert [command.get("triggers") for command in extension["commands"]] == [["slash"], None]


def test_slash_commands_change_nothing_else():
    made = manifest(SLASH, EN)
    del made["bots"][0]["supportsTargetedMessages"]
    del made["bots"][0]["commandLists"][1]["triggers"]
    del made["composeExtensions"][0]["commands"][0]["triggers"]
    assert made == manifest(APP, EN)


def test_every_text_that_people_read_is_in_every_language():
    files = unpacked(SLASH)
    made = json.loads(files["manifest.json"])
    english, swedish = (json.loads(files[f"{language}.json"]) for language in ("en", "sv"))
    assert english.keys() == swedish.keys()
    places = english.keys() - {"$schema"}
    assert {place: english[place] for place in places} == {place: at(made, place) for place in places}
    read = [made["name"], made["description"]]
    read += [command for menu in made["bots"][0]["commandLists"] for command in menu["commands"]]
    read += made["composeExtensions"][0]["commands"]
    shown = sum(len(each.keys() & {"short", "full", "title", "description"}) for each in read)
    assert len(places) == shown


def test_swedish_is_swedish():
    files = unpacked(APP)
    english, swedish = (json.loads(files[f"{language}.json"]) for language in ("en", "sv"))
    assert (english, swedish) == (texts(APP, EN), texts(APP, SV))
    same = {place for place in english if english[place] == swedish[place]}
    # The bot's own name, and the word before a kudos, are the same everywhere.
    first = "bots[0].commandLists[{}].commands[0].title"
    assert same == {"$schema", "name.short", first.format(0), first.format(1)}
    assert swedish["composeExtensions[0].commands[0].title"] == "Ge kudos"


@pytest.mark.parametrize("t", [EN, SV], ids=LANGUAGES)
def test_texts_are_within_what_teams_shows(t):
    """Of https://learn.microsoft.com/microsoft-365/extensibility/schema/."""
    made = manifest(APP, t)
    assert made["name"]["short"] == "Kudos"
    assert 0 < len(made["name"]["full"]) <= 100
    assert 0 < len(made["description"]["short"]) <= 80
    assert len(made["description"]["short"]) < len(made["description"]["full"]) <= 4_000
    for menu in made["bots"][0]["commandLists"]:
        assert 0 < len(menu["commands"]) <= 12
        assert all(0 < len(each["title"]) <= 32 and 0 < len(each["description"]) <= 128 for each in menu["commands"])
    for command in made["composeExtensions"][0]["commands"]:
        assert 0 < len(command["title"]) <= 32
        assert 0 < len(command["description"]) <= 128


def understood(t, menu, command="/kudos"):
    """Give what each title of a menu does when it is sent as choosing it writes it.

    In a channel the first one, the word before a kudos, waits for somebody to be mentioned.
    """
    titles = [
        each["title"] for each in manifest(App(APP.url, ID, command), t)["bots"][0]["commandLists"][menu]["commands"]
    ]
    assert len(set(titles)) == len(titles)
    return [parse(called((Words(title),), command, personal=menu == 0)[0]) for title in titles[menu:]]


@pytest.mark.parametrize("t", [EN, SV], ids=LANGUAGES)
def test_what_the_menu_of_a_chat_offers_is_understood(t):
    found = understood(t, 0)
    assert found[0] == OpenForm()
    assert {*found} == {OpenForm(), GoAway(""), *COMMAND_WORDS} - {SetUpTeam()}


@pytest.mark.parametrize("t", [EN, SV], ids=LANGUAGES)
def test_what_the_menu_of_a_channel_offers_is_understood(t):
    found = understood(t, 1)
    assert SetUpTeam() in found
    assert set(found) <= set(COMMAND_WORDS)
    assert len(set(found)) == len(found)


def test_menus_are_in_the_same_order_in_both_languages():
    assert [understood(EN, menu) for menu in (0, 1)] == [understood(SV, menu) for menu in (0, 1)]


@pytest.mark.parametrize("t", [EN, SV], ids=LANGUAGES)
def test_help_shows_each_command_by_the_word_that_the_menus_have_for_it(t):
    helped = [
        fact.value[0].text.partition(" ")[2]
        for manner in (Manner.ALONE, Manner.MENTION)
        for block in help_message(t, "/kudos", manner).blocks
        if isinstance(block, Facts)
        for fact in block.facts
    ]
    titles = [each["title"] for menu in manifest(APP, t)["bots"][0]["commandLists"] for each in menu["commands"][1:]]
    # How to be away is shown with a day.
    otherwise = [title for title in titles if not any(f"{each} ".startswith(f"{title} ") for each in helped)]
    assert {parse((Words(title),)) for title in otherwise} == {ShowBoard(), ShowHelp()}


def test_another_word_before_a_kudos_is_the_one_offered():
    made = manifest(App(APP.url, ID, "/praise"), EN)
    for menu in made["bots"][0]["commandLists"]:
        assert menu["commands"][0]["title"] == "praise"
        assert "praise" in menu["commands"][0]["description"]
    assert "write praise and a name" in made["description"]["full"]
    assert understood(EN, 0, "/praise")[0] == OpenForm()


WRONG = [
    ({"url": "http://kudos.example"}, "https://kudos.example"),
    ({"url": "kudos.example"}, "https://kudos.example"),
    ({"url": ""}, "https://kudos.example"),
    ({"url": "https://"}, "https://kudos.example"),
    ({"url": "https://localhost"}, "from the internet, where localhost means nothing"),
    ({"url": "https://localhost:8000"}, "localhost means nothing"),
    ({"url": "https://127.0.0.1"}, "127.0.0.1 means nothing"),
    ({"url": "https://127.0.0.1:8000"}, "127.0.0.1 means nothing"),
    ({"url": "https://[::1]:8000"}, "::1 means nothing"),
    ({"url": "https://192.168.1.20"}, "192.168.1.20 means nothing"),
    ({"url": "https://10.0.0.7:8443"}, "10.0.0.7 means nothing"),
    ({"url": "https://kudos"}, "kudos means nothing"),
    ({"url": "https://kudos.local"}, "kudos.local means nothing"),
    ({"url": "https://kudos.corp:8443/"}, "kudos.corp means nothing"),
    ({"url": "https://kudos.example/bot"}, "no path"),
    ({"url": "https://kudos.example:8443/bot"}, "no path"),
    ({"url": "https://kudos.example?a=1"}, "no path"),
    ({"url": "https://me@kudos.example"}, "no path"),
    ({"url": "https://kudos.example:port"}, "no port"),
    ({"url": "https://kudos.example:"}, "no port"),
    ({"url": "https://kudos.example:99999"}, "no port"),
    ({"url": "https://[kudos"}, "kudos means nothing"),
    ({"url": "https://[2001:db8::1]"}, "2001:db8::1 means nothing"),
    ({"id": ""}, "application ID"),
    ({"id": "kudos"}, "application ID"),
    ({"id": ID.replace("-", "")}, "application ID"),
    ({"id": f"{{{ID}}}"}, "application ID"),
    ({"id": f"{ID}\n"}, "application ID"),
    ({"id": ID.replace("0f", "0g")}, "application ID"),
    ({"command": "kudos"}, "no command"),
    ({"command": "/Kudos"}, "no command"),
    ({"command": "/give kudos"}, "no command"),
    ({"command": "/" + "k" * 32}, "no command"),
    ({"publisher": " "}, "publisher"),
    ({"publisher": "K" * 33}, "publisher"),
    ({"about": "http://kudos.example"}, "https://"),
    ({"about": "our intranet"}, "https://"),
    ({"version": "1"}, "three numbers"),
    ({"version": "1.0.0-beta"}, "three numbers"),
    ({"version": "01.0.0"}, "three numbers"),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG, ids=[str(wrong) for wrong, _ in WRONG])
def test_what_teams_would_not_take_is_refused_with_a_sentence(wrong, sentence):
    with pytest.raises(ValueError, match=sentence) as refused:
        App(**{"url": "https://kudos.example", "id": ID} | wrong)
    assert repr(next(iter(wrong.values()))) in str(refused.value)


def run(*options):
    return CliRunner().invoke(main, ["teams-package", *options])


def test_the_command_writes_the_package(tmp_path):
    written = tmp_path / "kudos.zip"
    done = run("--url", APP.url, "--app-id", ID, "-o", str(written))
    assert done.exit_code == 0
    assert str(written) in done.output
    assert written.read_bytes() == package(APP)


def test_the_command_says_which_version_it_made_and_what_to_mind(tmp_path):
    written = tmp_path / "kudos.zip"
    plain = ("--url", APP.url, "--app-id", ID, "-o", str(written))
    done = run(*plain, "--about", "https://intranet.example/kudos").output
    assert "version 1.0.0, is ready" in done
    assert "--about" not in done
    assert "higher" not in done
    again = run(*plain).output
    assert f"lead to {APP.url}, where people find nothing to read" in again
    assert "takes only a higher --version" in again
    assert "higher" not in run(*plain, "--version", "1.0.1").output


@pytest.mark.parametrize("before", [b"", b"no zip", b"PK"])
def test_the_command_writes_over_what_is_no_package(tmp_path, before):
    written = tmp_path / "kudos.zip"
    written.write_bytes(before)
    done = run("--url", APP.url, "--app-id", ID, "-o", str(written))
    assert (done.exit_code, "higher" in done.output) == (0, False)
    assert written.read_bytes() == package(APP)


def test_the_command_takes_every_option(tmp_path):
    written = tmp_path / "thanks.zip"
    options = {
        "--url": APP.url,
        "--app-id": ID,
        "--command": "/thanks",
        "--publisher": "Nordic Care",
        "--about": "https://intranet.example/kudos",
        "--version": "1.2.3",
        "--output": str(written),
    }
    assert run("--slash", *(word for option in options.items() for word in option)).exit_code == 0
    wanted = App(APP.url, ID, "/thanks", "Nordic Care", "https://intranet.example/kudos", "1.2.3", slash=True)
    assert written.read_bytes() == package(wanted)
    assert manifest(wanted, EN)["version"] == "1.2.3"


def test_the_command_refuses_with_a_sentence_and_writes_nothing(tmp_path):
    written = tmp_path / "kudos.zip"
    done = run("--url", "http://kudos.example", "--app-id", ID, "-o", str(written))
    assert done.exit_code == 1
    assert "https addresses only" in done.output
    assert not written.exists()


def test_the_command_says_where_it_cannot_write(tmp_path):
    done = run("--url", APP.url, "--app-id", ID, "-o", str(tmp_path / "none" / "kudos.zip"))
    assert done.exit_code == 1
    assert "cannot be written" in done.output
