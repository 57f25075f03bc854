"""The local chat over HTTP: whom it lets in, what it hands to the core, what it shows of the answer."""

from __future__ import annotations

import asyncio
import html
import re
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette

from adapters.charts.drawing import Charts
from adapters.local.app import routes
from adapters.local.chat import Channel, LocalChat, Resident
from adapters.local.clock import DemoClock, Journey
from adapters.observability import SystemClock
from bot.answer import Answer
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import ButtonPressed, CommandTyped, FormSubmitted, Mention, Words
from bot.ports import Profile
from bot.view.message import Button, Buttons, Message, MessageKind, Paragraph, PeoplesWords
from storage.engine import Database
from storage.local_chat import LocalChatStore
from tests.factories_messages import HOSTILE, everything, give_form, shout_out

HERE = WorkspaceRef(Platform.LOCAL, "here")
ORIGIN = "http://127.0.0.1:8000"
PRESSABLE = Message(MessageKind.RECEIPT, (Buttons((Button("undo", "Undo", "k1"),)),), "done")


@dataclass
class Desk:
    """A front desk that answers what it was told to and remembers what it was asked."""

    answer: Answer = field(default_factory=Answer)
    asked: list = field(default_factory=list)

    async def handle(self, incoming):
        self.asked.append(incoming)
        return self.answer


@dataclass
class Visit:
    client: httpx.AsyncClient
    desk: Desk
    chat: LocalChat
    learned: list

    async def post(self, where, **form):
        return await self.client.post(where, data=form, headers={"Origin": ORIGIN, "HX-Request": "true"})

    async def shown(self, path="/as/anna/phone"):
        page = await self.client.get(path)
        assert page.status_code == 200
        return html.unescape(re.sub(r"<script.*?</script>", "", page.text, flags=re.DOTALL))


@pytest.fixture
async def visit(sqlite_url):
    database = Database.open(sqlite_url)
    store = LocalChatStore(database)
    clock = DemoClock(SystemClock())
    chat = LocalChat(store, clock, HERE)
    people = [("anna", "Anna Ek", "en-GB"), ("bo", "Bo Alm", "sv-SE")]
    residents = [
        Resident(Profile(AccountRef(HERE, handle), name, handle=handle, locale=locale), "agent", "Phone")
        for handle, name, locale in people
    ]
    await chat.settle(
        residents, [Channel("phone", "phone", "", ("anna", "bo")), Channel("attic", "attic", "", ("bo",))]
    )
    desk = Desk()
    learned = []

    async def learn(profile):
        learned.append(profile)

    async def nothing_to_do():
        return 0

    async def nothing_due():
        return None

    served = routes(
        chat,
        desk,
        journey=Journey(clock, store, HERE, live=nothing_to_do, next_due=nothing_due),
        learn=learn,
        tags=lambda _: [("ownership", "Stayed with it")],
        workspace_name="Here",
        examples=lambda language: {"one": shout_out(f"said in {language}"), "form": give_form(HERE)},
        names={"U1": "Anna Ek"},
        renderers={},
        charts=Charts(),
    )
    transport = httpx.ASGITransport(Starlette(routes=served))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Visit(client, desk, chat, learned)
    await database.close()


async def test_the_root_leads_to_somebody(visit):
    page = await visit.client.get("/", follow_redirects=True)
    assert page.url.path == "/as/anna/phone"


@pytest.mark.parametrize("path", ["/as/nobody/phone", "/as/anna/attic", "/as/anna/nowhere", "/as/anna/attic/live"])
async def test_what_is_not_ones_own_is_not_there(visit, path):
    assert (await visit.client.get(path)).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::2]", ""])
async def test_other_names_of_this_machine_are_refused(visit, host):
    assert (await visit.client.get("/as/anna/phone", headers={"Host": host})).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8000", "[::1]:8000", "127.0.0.1"])
async def test_this_machines_own_names_are_served(visit, host):
    assert (await visit.client.get("/as/anna/phone", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_posts_of_other_pages_are_refused(visit, headers):
    answer = await visit.client.post("/as/anna/phone/say", data={"typed": "hej", "key": "k"}, headers=headers)
    assert answer.status_code == 403
    assert "hej" not in await visit.shown()


async def test_a_huge_post_is_refused(visit):
    answer = await visit.post("/as/anna/phone/say", typed="x" * 70_000, key="k")
    assert answer.status_code == 413


async def test_pages_may_run_and_load_nothing_foreign(visit):
    page = await visit.client.get("/as/anna/phone")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page.text)
    assert " style=" not in page.text
    assert not re.search(r"\son\w+=", page.text)


async def test_talk_is_said_once_however_often_it_is_sent(visit):
    for _ in range(3):
        await visit.post("/as/anna/phone/say", typed="good morning", key="k1")
    assert (await visit.shown("/as/bo/phone")).count("good morning") == 1
    assert visit.desk.asked == []


async def test_a_command_reaches_the_core_with_its_people_and_its_key(visit):
    visit.desk.answer = Answer(reply=shout_out("a receipt"))
    await visit.post("/as/anna/phone/say", typed="/kudos @bo well done", key="k1")
    (asked,) = visit.desk.asked
    assert isinstance(asked, CommandTyped)
    assert asked.segments == (Mention(AccountRef(HERE, "bo"), "Bo Alm"), Words(" well done"))
    assert (asked.origin.sender.id, asked.origin.conversation.id, asked.origin.request_key) == (
        "anna",
        "phone",
        "anna:k1",
    )
    assert "a receipt" in await visit.shown("/as/anna/phone")
    assert "a receipt" not in await visit.shown("/as/bo/phone")
    assert "/kudos @bo" not in await visit.shown("/as/bo/phone")


async def test_alone_with_the_bot_everything_is_said_to_it(visit):
    await visit.post("/as/anna/kudos/say", typed="help", key="k1")
    assert visit.desk.asked[0].segments == (Words("help"),)


async def test_another_command_is_not_said_aloud(visit):
    answer = await visit.post("/as/anna/phone/say", typed="/karma @bo", key="k1")
    assert "There is no command /karma here" in html.unescape(answer.text)
    assert "/karma" not in await visit.shown("/as/bo/phone")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (MessageKind.REFUSAL, "/kudos @bo bra", True),
        (MessageKind.REFUSAL, "/kudos undo", False),
        (MessageKind.RECEIPT, "/kudos @bo bra", False),
    ],
)
async def test_what_was_refused_can_be_mended(visit, kind, typed, kept):
    visit.desk.answer = Answer(reply=Message(kind, (), ""))
    answer = await visit.post("/as/anna/phone/say", typed=typed, key="k1")
    assert (f'<span data-key="">{typed}</span>' in answer.text) is kept


async def test_after_a_fault_the_next_try_is_the_same_act(visit):
    visit.desk.answer = Answer(reply=Message(MessageKind.FAULT, (), ""))
    answer = await visit.post("/as/anna/phone/say", typed="/kudos @bo bra", key="k1")
    assert '<span data-key="k1">/kudos @bo bra</span>' in answer.text


async def test_a_button_comes_back_with_the_key_it_was_drawn_with_and_its_answer_replaces_it(visit):
    visit.desk.answer = Answer(reply=PRESSABLE)
    await visit.post("/as/anna/phone/say", typed="/kudos", key="k1")
    page = await visit.shown()
    drawn = dict(
        re.findall(r'name="(message|key|pressed|carried)" value="([^"]+)"', page.split('class="b-buttons"')[1])
    )
    visit.desk.answer = Answer(reply=shout_out("taken back"), replaces=True)
    await visit.post("/as/anna/phone/press", **drawn)
    pressed = visit.desk.asked[-1]
    assert isinstance(pressed, ButtonPressed)
    assert (pressed.action, pressed.value, pressed.origin.request_key) == ("undo", "k1", f"anna:{drawn['key']}")
    after = await visit.shown()
    assert "taken back" in after
    assert "Undo</button>" not in after


async def test_a_button_that_the_person_does_not_see_cannot_be_pressed(visit):
    receipt = await visit.chat.post(visit.chat.channel("phone"), PRESSABLE, "p", private_to="bo")
    form = {"message": receipt.message, "key": "k", "pressed": "undo", "carried": "k1"}
    await visit.post("/as/anna/phone/press", **form)
    await visit.post("/as/bo/phone/press", **{**form, "carried": "another kudos"})
    assert visit.desk.asked == []
    await visit.post("/as/bo/phone/press", **form)
    assert len(visit.desk.asked) == 1


async def test_what_everybody_sees_is_not_replaced_by_what_one_is_told(visit):
    receipt = await visit.chat.post(visit.chat.channel("phone"), PRESSABLE, "p")
    visit.desk.answer = Answer(reply=shout_out("for anna alone"), replaces=True)
    await visit.post("/as/anna/phone/press", message=receipt.message, key="k", pressed="undo", carried="k1")
    assert "Undo" in await visit.shown("/as/bo/phone")
    assert "for anna alone" not in await visit.shown("/as/bo/phone")
    assert "for anna alone" in await visit.shown("/as/anna/phone")


async def test_a_form_comes_back_by_field_and_problems_go_beside_them(visit):
    visit.desk.answer = Answer(problems={"reason": "Say <why>."})
    form = {
        "form_name": "give",
        "form_state": "{}",
        "key": "k",
        "fields": ["people", "reason", "behaviours"],
        "people.people": ["bo", "anna"],
        "text.reason": "line\r\nline",
        "choice.behaviours": ["ideas"],
    }
    answer = await visit.post("/as/anna/phone/submit", **form)
    (asked,) = visit.desk.asked
    assert isinstance(asked, FormSubmitted)
    assert asked.people == {"people": (AccountRef(HERE, "bo"), AccountRef(HERE, "anna"))}
    assert (asked.texts, asked.choices) == ({"reason": "line\nline"}, {"behaviours": ("ideas",)})
    assert re.search(r'#problem-reason"[^>]*>Say &lt;why&gt;\.<', answer.text)
    assert re.search(r'#problem-people"[^>]*></hx-partial>', answer.text)


async def test_dismissing_takes_away_ones_own_private_message_only(visit):
    mine = await visit.chat.post(visit.chat.channel("phone"), shout_out("for bo"), "p", private_to="bo")
    aloud = await visit.chat.post(visit.chat.channel("phone"), shout_out("for all"), "q")
    await visit.post("/as/anna/phone/dismiss", message=mine.message)
    await visit.post("/as/bo/phone/dismiss", message=aloud.message)
    assert "for bo" in await visit.shown("/as/bo/phone")
    await visit.post("/as/bo/phone/dismiss", message=mine.message)
    shown = await visit.shown("/as/bo/phone")
    assert "for bo" not in shown
    assert "for all" in shown


async def test_the_language_is_the_persons_and_the_core_learns_of_a_change(visit):
    assert '<html lang="sv">' in await visit.shown("/as/bo/phone")
    answer = await visit.post("/as/bo/phone/language", language="en")
    assert answer.status_code == 303
    assert '<html lang="en">' in await visit.shown("/as/bo/phone")
    assert [profile.locale for profile in visit.learned] == ["en-GB"]
    await visit.post("/as/bo/phone/language", language="xx")
    assert len(visit.learned) == 1


@pytest.mark.parametrize("words", HOSTILE)
async def test_whatever_people_type_is_shown_and_never_parsed(visit, words):
    typed = f'{words}</textarea><script>alert(1)</script><hx-partial hx-target="#rail"></hx-partial>'
    await visit.post("/as/anna/phone/say", typed=typed, key="k1")
    place = visit.chat.channel("phone")
    line = Paragraph((PeoplesWords(typed),))
    await visit.chat.post(place, Message(MessageKind.SHOUT_OUT, (line,), ""), "p1")
    await visit.chat.post(place, everything(HERE, typed), "p2")
    page = (await visit.client.get("/as/bo/phone")).text
    assert "<script>alert" not in page
    assert '<hx-partial hx-target="#rail">' not in page
    assert "<b>bold" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


async def test_the_stream_begins_with_how_things_stand_and_then_tells_of_changes(visit):
    from adapters.local.pages import Pages  # noqa: PLC0415 - the stream alone needs them
    from adapters.local.render import environment  # noqa: PLC0415
    from adapters.local.window import window  # noqa: PLC0415

    pages = Pages(visit.chat, environment(), lambda _: [], "Here")
    here = window(await visit.chat.roster(), "bo", "phone")
    with visit.chat.hub.subscribe() as subscription:
        await visit.post("/as/anna/phone/say", typed="good morning", key="k1")
        changed = await asyncio.wait_for(subscription.changes(5), 6)
        assert changed == {"phone"}
        assert "good morning" in await pages.live(here)
        # Where nothing else happens, the time goes on: what is told then leaves all else as it is.
        quiet = pages.clock(here)
        assert pages.now_words(here) in quiet
        assert re.findall('hx-target="([^"]*)"', quiet) == ["#now"]
        visit.chat.hub.close()
        assert subscription.closed


async def test_the_clock_moves_for_everyone_and_says_so(visit):
    before = visit.chat.now()
    with visit.chat.hub.subscribe() as subscription:
        moved = await visit.post("/as/bo/attic/clock", to="week")
        assert await asyncio.wait_for(subscription.changes(5), 6) == {
            "phone",
            "attic",
            "kudos:anna",
            "kudos:bo",
        }
    assert "I demon är det nu" in moved.text
    now = visit.chat.now()
    assert (now.date() - before.date()).days == 7
    assert now.strftime("%H:%M") == "10:00"
    assert "10:00" in await visit.shown()


async def test_the_clock_goes_forward_only_by_what_is_offered(visit):
    before = visit.chat.now()
    assert (await visit.post("/as/bo/attic/clock", to="yesterday")).status_code == 200
    assert visit.chat.now().date() == before.date()


async def test_what_continues_a_message_is_shown_under_it_and_folded_when_there_is_much(visit):
    place = visit.chat.channel("phone")
    first = await visit.chat.post(place, shout_out("the week"), "k0")
    for n in range(3):
        await visit.chat.post(place, shout_out(f"part {n}"), f"k{n + 1}", under=first)
    assert "replies" not in re.sub(r"class=.*?>", "", await visit.shown())
    assert "part 2" in await visit.shown()
    await visit.chat.post(place, shout_out("part 3"), "k4", under=first)
    page = await visit.shown()
    assert "<summary>4 replies</summary>" in page
    assert page.index("<summary>") < page.index("part 0") < page.index("part 3") < page.index("</details>")


async def test_the_gallery_speaks_both_languages(visit):
    assert "said in en" in (await visit.client.get("/try/gallery")).text
    swedish = await visit.client.get("/try/gallery?lang=sv")
    assert "said in sv" in swedish.text
    assert '<html lang="sv">' in swedish.text


async def test_the_gallerys_forms_name_people(visit):
    page = (await visit.client.get("/try/gallery")).text
    assert 'value="U1">Anna Ek<' in page


async def test_a_swede_reads_the_samples_topics_in_swedish(visit):
    await visit.chat.settle([], [Channel("phone", "phone", "Team E-mail: templates, tricky cases, thanks.", ())])
    assert "Team E-post: mallar, kluriga ärenden, tack." in await visit.shown("/as/bo/phone")
    assert "medarbetare, Telefon" in await visit.shown("/as/bo/phone")
    assert "Team E-mail: templates, tricky cases, thanks." in await visit.shown("/as/anna/phone")


async def test_who_leads_a_team_is_marked_and_suggested(visit):
    leader = Resident(Profile(AccountRef(HERE, "cat"), "Cat Ås", handle="cat", locale="en-GB"), "supervisor", "Phone")
    await visit.chat.settle([leader], [Channel("phone", "phone", "", ("cat",))])
    agents = await visit.shown("/as/anna/phone")
    assert re.search(r'href="/as/cat/kudos"[^>]*>Be Cat Ås, who leads the team, and press Tomorrow\.', agents)
    assert '<span class="person-role badge">supervisor</span>' in agents
    assert "Press Tomorrow: your conversation with Kudos tells you" in await visit.shown("/as/cat/phone")
