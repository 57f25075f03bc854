"""Two workspaces become one organisation, and its people reach each other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Code, RecognitionError
from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.incoming import FormSubmitted
from bot.linking.desk import LinkingDesk
from bot.linking.words import Action, JoinState
from bot.people.service import FRESH_SECONDS
from bot.points.model import Programme
from bot.recognition.draft import Draft, Open
from bot.teams.model import MembersFrom
from bot.teams.service import SetUp, Wanted
from bot.view.codec import pack, unpack
from bot.view.message import Button, MessageKind, Paragraph, Person
from bot.view.message import Code as Typed
from tests.factories import a_profile, a_team
from tests.unit.desk import button, buttons, reply, text_of
from tests.unit.houses import LOCAL, SAID, SLACK, Houses

ANNA, BO, CLEO, BO_L = (AccountRef(SLACK, each) for each in ("U1", "U2", "U3", "U4"))
ADMIN, ANN, DAN, SVENSSON = (AccountRef(LOCAL, each) for each in ("L1", "L2", "L3", "U4"))
PHONE, CHAT = ConversationRef(SLACK, "C1"), ConversationRef(LOCAL, "chat")


@pytest.fixture
async def houses() -> Houses:
    """Acme in Slack, where Anna administers, and Norra in the local chat, where Siv does. Anna is in both."""
    found = Houses()
    await found.connect(SLACK, "Acme", ("U1", "Anna Ek"), ("U2", "Bo Lind"), ("U3", "Cleo Ray"), ("U4", "Bo Larsson"))
    await found.connect(
        LOCAL, "Norra", ("L1", "Siv Berg"), ("L2", "Anna Ek"), ("L3", "Dan Holm"), ("U4", "Bo Svensson")
    )
    await found.process.people.met([ANNA, BO, CLEO, BO_L])
    await found.process.people.met([ADMIN, ANN, DAN, SVENSSON])
    return found


async def code_from(houses: Houses, sender: AccountRef = ANNA) -> str:
    shown = reply(await houses.types(sender, "link"), MessageKind.LINK_CODE)
    [typed] = [
        span.text
        for block in shown.blocks
        if isinstance(block, Paragraph)
        for span in block.line
        if isinstance(span, Typed)
    ]
    return typed.removeprefix("/kudos link ")


async def joined(houses: Houses) -> Houses:
    """Let Norra become part of Acme."""
    shown = reply(await houses.types(ADMIN, f"link {await code_from(houses)}"), MessageKind.LINK_PREVIEW)
    reply(await houses.presses(ADMIN, button(shown, "Join")), MessageKind.LINK_ANSWERED)
    return houses


def refused(answer) -> str:
    return text_of(reply(answer, MessageKind.REFUSAL))


async def test_an_administrator_is_given_a_code_and_told_what_it_does(houses):
    text = text_of(reply(await houses.types(ANNA, "link"), MessageKind.LINK_CODE))
    assert "An administrator of the workspace that is to join this one types there: /kudos link " in text
    assert "It works once, until 10:30." in text, "the code's end is said where the administrator is"
    assert await code_from(houses) not in text, "each is another one"


async def test_anybody_else_is_told_whom_to_ask(houses):
    assert refused(await houses.types(BO, "link")) == (
        "Only those who administer this workspace can join it to another. Please ask Anna Ek."
    )
    code = await code_from(houses)
    assert "Please ask Siv Berg." in refused(await houses.types(DAN, f"link {code}"))
    press = Button(Action.JOIN, "Join", pack(JoinState(code, await houses.organisation(SLACK))))
    assert "Please ask Siv Berg." in refused(await houses.presses(DAN, press))
    assert await houses.organisation(LOCAL) != await houses.organisation(SLACK)


@pytest.mark.parametrize(("locale", "typed"), [("en", "/kudos link"), ("sv", "/kudos koppla")])
async def test_help_tells_of_joining_to_those_who_may(houses, locale, typed):
    for account in (ANNA, BO):
        directory = houses.directories[Platform.SLACK]
        directory.put(replace(directory.profiles[account], locale=locale))
    houses.clock.advance(timedelta(seconds=FRESH_SECONDS))
    assert typed in text_of(reply(await houses.types(ANNA, "help"), MessageKind.HELP))
    assert typed not in text_of(reply(await houses.types(BO, "help"), MessageKind.HELP))
    reply(await houses.types(ANNA, typed.removeprefix("/kudos ")), MessageKind.LINK_CODE)


async def test_where_no_administrator_is_known_nobody_is_named(houses):
    third = WorkspaceRef(Platform.SLACK, "T3")
    await houses.connect(third, "Third", ("U9", "Kim Ask"), admin=9)
    text = refused(await houses.types(AccountRef(third, "U9"), "link"))
    assert text == "Only those who administer this workspace can join it to another."


async def test_what_would_join_is_shown_before_it_does(houses):
    await houses.team("Phone", [BO], [ANNA], [PHONE])
    await houses.team("Chat", [DAN], [ADMIN], [CHAT])
    acme = await houses.organisation(SLACK)
    houses.store.books[acme].programme = Programme(points_default=7, points_least=1, points_most=9)
    houses.clock.advance(timedelta(seconds=FRESH_SECONDS))
    code = await code_from(houses)
    shown = reply(await houses.types(ADMIN, f"koppla {code.lower()}"), MessageKind.LINK_PREVIEW)
    assert text_of(shown).splitlines() == [
        "What would join",
        "This workspace would become part of Acme, with everything given here so far.",
        "The other side: Acme · 4 people · 1 team: Phone",
        "This side: Norra · 4 people · 1 team: Chat",
        "Become one person, by e-mail: 1 person: Anna Ek",
        "Stay as they are: 6 people",
        "Points and allowances: Add up for whoever becomes one person",
        "Behaviours: No list yet",
        "Points of one kudos: 1 to 9, 7 unless said otherwise",
        "It cannot be undone. Those whose e-mail address is the same on both sides become one.",
        "[Join]",
        "[Cancel]",
    ]
    assert button(shown, "Join").confirm == "Join the workspaces? It cannot be undone."
    assert await houses.organisation(LOCAL) != acme
    cancelled = await houses.presses(ADMIN, button(shown, "Cancel"))
    assert cancelled.replaces
    assert "Nothing has joined." in text_of(reply(cancelled, MessageKind.LINK_ANSWERED))
    assert await houses.organisation(LOCAL) != acme


async def test_pressing_join_makes_one_organisation_and_pressing_again_is_harmless(houses):
    shown = reply(await houses.types(ADMIN, f"link {await code_from(houses)}"), MessageKind.LINK_PREVIEW)
    first, again = [await houses.presses(ADMIN, button(shown, "Join")) for _ in range(2)]
    assert (first.replaces, again.replaces) == (True, True)
    assert text_of(reply(first, MessageKind.LINK_ANSWERED)) == (
        "This workspace is part of Acme now. 1 person is known on both sides."
    )
    assert text_of(reply(again, MessageKind.LINK_ANSWERED)) == "The workspaces are joined already."
    assert await houses.organisation(LOCAL) == await houses.organisation(SLACK)
    assert len(houses.store.books) == 1


async def test_a_team_that_gets_another_name_is_shown_before_and_after(houses):
    await houses.team("Phone", [BO], [ANNA], [PHONE])
    await houses.team("Phone", [DAN], [ADMIN], [CHAT])
    shown = reply(await houses.types(ADMIN, f"link {await code_from(houses)}"), MessageKind.LINK_PREVIEW)
    assert "Teams that get another name: Phone → Phone (Norra)" in text_of(shown)
    answer = reply(await houses.presses(ADMIN, button(shown, "Join")), MessageKind.LINK_ANSWERED)
    assert text_of(answer).splitlines() == [
        "This workspace is part of Acme now. 1 person is known on both sides.",
        "Teams that have another name now: Phone → Phone (Norra)",
    ]


async def test_two_who_press_at_the_same_time_join_once(houses, monkeypatch):
    shown = reply(await houses.types(ADMIN, f"link {await code_from(houses)}"), MessageKind.LINK_PREVIEW)
    join = houses.links.join

    async def overtaken(*arguments):
        await join(*arguments)
        return await join(*arguments)

    monkeypatch.setattr(houses.links, "join", overtaken)
    answer = await houses.presses(ADMIN, button(shown, "Join"))
    assert text_of(reply(answer, MessageKind.LINK_ANSWERED)) == "The workspaces are joined already."


@pytest.mark.parametrize("outcome", [None, TimeoutError()])
async def test_what_could_not_join_is_said(houses, monkeypatch, outcome):
    shown = reply(await houses.types(ADMIN, f"link {await code_from(houses)}"), MessageKind.LINK_PREVIEW)

    async def fails(*_arguments):
        if outcome:
            raise outcome
        return outcome

    monkeypatch.setattr(houses.links, "join", fails)
    text = refused(await houses.presses(ADMIN, button(shown, "Join")))
    assert ("takes too long" in text) if outcome else ("That code does not work." in text)


@pytest.mark.parametrize("written", ["nonsense", "0000-0000-0000"])
async def test_a_wrong_code_shows_nothing(houses, written):
    text = refused(await houses.types(ADMIN, f"link {written}"))
    assert text.startswith("That code does not work.")
    assert "/kudos link on the other side gives a fresh one." in text


async def test_a_code_works_for_half_an_hour_and_not_where_it_was_given(houses):
    code = await code_from(houses)
    assert refused(await houses.types(ANNA, f"link {code}")).startswith("That code is from here.")
    houses.clock.advance(timedelta(minutes=29))
    shown = reply(await houses.types(ADMIN, f"link {code}"), MessageKind.LINK_PREVIEW)
    houses.clock.advance(timedelta(minutes=1))
    assert refused(await houses.types(ADMIN, f"link {code}")).startswith("That code does not work.")
    assert refused(await houses.presses(ADMIN, button(shown, "Join"))).startswith("That code does not work.")
    assert await houses.organisation(LOCAL) != await houses.organisation(SLACK)


async def test_after_five_wrong_codes_none_is_looked_at_for_an_hour(houses):
    for number in range(5):
        await houses.types(ADMIN, f"link 0000-0000-000{number}")
    code = await code_from(houses)
    assert refused(await houses.types(ADMIN, f"link {code}")).startswith("Too many wrong codes came from here.")
    houses.clock.advance(timedelta(hours=1))
    reply(await houses.types(ADMIN, f"link {await code_from(houses)}"), MessageKind.LINK_PREVIEW)


async def test_a_button_that_was_tampered_with_joins_nothing(houses):
    code = await code_from(houses)
    third = WorkspaceRef(Platform.SLACK, "T3")
    await houses.connect(third, "Third", ("U9", "Kim Ask"))
    other = pack(JoinState(code.replace("-", ""), await houses.organisation(third)))
    assert "does not work" in refused(await houses.presses(ADMIN, Button(Action.JOIN, "Join", other)))
    assert "too old" in refused(await houses.presses(ADMIN, Button(Action.JOIN, "Join", "{")))
    assert len(houses.store.books) == 3


async def test_there_is_no_form_here(houses):
    desk = LinkingDesk(None)
    with pytest.raises(RecognitionError, check=lambda error: error.code is Code.STALE_BUTTON):
        await desk.take_in(None, FormSubmitted(houses.origin(ADMIN), "", "", {}, {}, {}))


async def test_with_nobody_in_common_the_answer_counts_nobody(houses):
    houses.directories[Platform.LOCAL].put(a_profile("L2", "Anna Ek", workspace=LOCAL))
    await houses.process.people.learn(a_profile("L2", "Anna Ek", workspace=LOCAL))
    shown = reply(await houses.types(ADMIN, f"link {await code_from(houses)}"), MessageKind.LINK_PREVIEW)
    assert "Become one person, by e-mail: 0 people" in text_of(shown)
    answer = await houses.presses(ADMIN, button(shown, "Join"))
    assert text_of(reply(answer, MessageKind.LINK_ANSWERED)) == "This workspace is part of Acme now."


async def test_a_kudos_to_somebody_who_is_only_elsewhere_reaches_them_there(houses):
    await joined(houses)
    reply(await houses.types(ANNA, f"@dan {SAID}", conversation=PHONE), MessageKind.RECEIPT)
    targets = {target: message.kind for target, message in houses.waiting()}
    assert targets == {PHONE: MessageKind.SHOUT_OUT, DAN: MessageKind.RECEIVER_NOTE}
    [told] = [message for target, message in houses.waiting() if target == PHONE]
    assert "Anna Ek recognised Dan Holm" in text_of(told)


async def test_before_they_are_joined_nobody_elsewhere_is_known(houses):
    assert "I cannot find dan here." in refused(await houses.types(ANNA, f"@dan {SAID}"))


async def test_a_full_name_elsewhere_wins_over_part_of_a_name_here(houses):
    await joined(houses)
    reply(await houses.types(ANNA, f"@Bo Svensson {SAID}"), MessageKind.RECEIPT)
    assert SVENSSON in dict(houses.waiting())
    reply(await houses.types(ANNA, f"@Bo Lind {SAID}"), MessageKind.RECEIPT)
    assert BO in dict(houses.waiting())


async def test_a_name_that_several_have_elsewhere_is_a_choice_and_the_one_chosen_gets_it(houses):
    await houses.connect(LOCAL, "Norra", ("L5", "Dan Berg"), admin=9)
    await joined(houses)
    question = reply(await houses.types(ANNA, f"@dan {BO.id} {SAID}"), MessageKind.CHOICE)
    assert [each.label for each in buttons(question)] == ["Dan Holm", "Dan Berg"]
    answer = await houses.presses(ANNA, button(question, "Dan Berg"))
    reply(answer, MessageKind.RECEIPT)
    assert AccountRef(LOCAL, "L5") in dict(houses.waiting())
    assert DAN not in dict(houses.waiting())


async def test_whoever_has_an_account_here_is_recognised_here_under_any_of_their_names(houses):
    profile = a_profile("L2", "Annika Ek", workspace=LOCAL)
    await joined(houses)
    houses.directories[Platform.LOCAL].put(profile)
    reply(await houses.types(BO, f"@annika {SAID}"), MessageKind.RECEIPT)
    assert ANNA in dict(houses.waiting())
    assert ANN not in dict(houses.waiting())


async def test_one_human_is_offered_once_and_nobody_recognises_themselves_elsewhere(houses):
    await joined(houses)
    houses.directories[Platform.LOCAL].put(a_profile("L2", "Annika Ek", workspace=LOCAL))
    assert "Kudos are for others." in refused(await houses.types(ANNA, f"@annika {SAID}"))


async def test_accounts_with_the_same_id_in_two_workspaces_are_two(houses):
    await joined(houses)
    reply(await houses.types(ANNA, BO_L, f"and @svensson {SAID}"), MessageKind.RECEIPT)
    assert {BO_L, SVENSSON} <= set(dict(houses.waiting()))


async def test_when_the_other_platform_cannot_be_asked_those_who_are_known_are_found(houses):
    await joined(houses)
    houses.directories[Platform.LOCAL].down = True
    reply(await houses.types(ANNA, f"@dan {SAID}"), MessageKind.RECEIPT)
    assert DAN in dict(houses.waiting())
    houses.directories.pop(Platform.LOCAL)
    assert "I cannot find nobody here." in refused(await houses.types(ANNA, f"@nobody {SAID}"))


async def test_a_repeated_act_gives_the_same_receipt_for_somebody_elsewhere(houses):
    await joined(houses)
    first, again = [await houses.types(ANNA, f"@dan {SAID}", key="one act") for _ in range(2)]
    assert text_of(reply(first, MessageKind.RECEIPT)) == text_of(reply(again, MessageKind.RECEIPT))
    assert "Dan Holm" in text_of(again.reply)
    assert len(houses.store.books[await houses.organisation(SLACK)].kudos) == 1


async def test_allowance_and_balance_are_one_wherever_somebody_types(houses):
    await houses.types(ANNA, BO, f"+20 {SAID}")
    await houses.types(ANN, DAN, f"+20 {SAID}")
    await houses.types(DAN, ANN, f"+15 {SAID}")
    await houses.types(BO, ANNA, f"+10 {SAID}")
    await joined(houses)
    here, there = [text_of(reply(await houses.types(each, "me"), MessageKind.MINE)) for each in (ANNA, ANN)]
    assert here == there
    assert "25" in here
    left = text_of(reply(await houses.types(ANN, DAN, f"+10 {SAID}"), MessageKind.RECEIPT))
    assert "50" in left


async def test_the_shout_out_goes_to_every_home_of_the_team_with_names_for_those_from_elsewhere(houses):
    await joined(houses)
    organisation = await houses.organisation(SLACK)
    team = await houses.team("Phone", [BO], [ANNA], [PHONE, CHAT])
    reply(await houses.types(ANNA, BO, SAID, conversation=PHONE), MessageKind.RECEIPT)
    targets = [target for target, message in houses.waiting() if message.kind is MessageKind.SHOUT_OUT]
    assert sorted(targets) == sorted([PHONE, CHAT])
    async with houses.units(organisation) as work:
        assert (await work.teams.team(team)).homes == (PHONE, CHAT)


async def test_a_receiver_elsewhere_has_the_shout_out_at_their_teams_home(houses):
    await houses.team("Chat", [DAN], [ADMIN], [CHAT])
    await joined(houses)
    reply(await houses.types(ANNA, f"@dan {SAID}", conversation=PHONE), MessageKind.RECEIPT)
    [(target, told)] = [each for each in houses.waiting() if each[1].kind is MessageKind.SHOUT_OUT]
    assert target == CHAT
    [line] = [block.line for block in told.blocks if isinstance(block, Paragraph)]
    assert [span.account for span in line if isinstance(span, Person)] == [ANNA, DAN]


async def test_a_supervisors_kudos_counts_as_theirs_from_either_account(houses):
    await houses.team("Phone", [BO], [ANNA], [PHONE])
    await joined(houses)
    reply(await houses.types(ANN, f"@bo lind {SAID}"), MessageKind.RECEIPT)
    [note] = [message for target, message in houses.waiting() if target == BO]
    assert "Supervisor recognition" in text_of(note)


async def test_a_digest_goes_to_each_home_and_a_nudge_to_one_account(houses):
    await joined(houses)
    await houses.team("Phone", [BO, DAN], [ANNA], [PHONE, CHAT])
    for _ in range(8):
        houses.clock.advance(timedelta(days=1))
        await houses.process.ticker.tick()
    sent = [(target, message.kind) for target, message in houses.waiting()]
    assert {target for target, kind in sent if kind is MessageKind.DIGEST} == {PHONE, CHAT}
    told = {target for target, kind in sent if kind is MessageKind.NUDGE}
    assert len(told) == 1
    assert told <= {ANNA, ANN}


async def test_a_supervisor_is_told_where_their_team_has_its_home(houses):
    await houses.team("Chat", [DAN], [ANN], [CHAT])
    await joined(houses)
    for _ in range(4):
        houses.clock.advance(timedelta(days=1))
        await houses.process.ticker.tick()
    assert {target for target, message in houses.waiting() if message.kind is MessageKind.NUDGE} == {ANN}


async def set_up(houses, sender: AccountRef, name: str, home: ConversationRef, *members: AccountRef) -> SetUp:
    people = houses.process.people
    wanted = Wanted(a_team(name), (sender,), members)
    async with asyncio.timeout(60) as patience:
        return await houses.process.teams.set_up(await people.colleague(sender), home, wanted, patience)


@pytest.mark.parametrize(("there", "here"), [("Phone", "phone"), ("Kundtjänst", "Kundtjanst")])
async def test_a_team_gets_its_home_on_the_other_platform_from_whoever_leads_it(houses, there, here):
    await joined(houses)
    team = await houses.team(there, [BO], [ANNA], [PHONE], nudge_days=21)
    done = await set_up(houses, ANN, here, CHAT, DAN)
    assert (done.team.id, done.is_new) == (team, False)
    assert set(done.team.homes) == {PHONE, CHAT}
    assert done.team.settings.nudge_days == 21, "what was decided there stays"
    assert [each.name for each in done.supervisors] == ["Anna Ek"]
    assert sorted(each.name for each in done.agents) == ["Bo Lind", "Dan Holm"]


async def test_who_is_in_the_team_elsewhere_stays_in_it_though_they_are_known_here(houses):
    cleo = AccountRef(LOCAL, "L6")
    await houses.connect(LOCAL, "Norra", ("L6", "Cleo Ray"), admin=9)
    await joined(houses)
    team = await houses.team("Phone", [BO, CLEO], [ANNA], [PHONE], members_from=MembersFrom.CHANNEL)
    assert (await houses.process.people.colleague(cleo)).places[0].team == team

    done = await set_up(houses, ANN, "phone", CHAT, DAN)
    assert sorted(each.name for each in done.agents) == ["Bo Lind", "Cleo Ray", "Dan Holm"]

    houses.directories[Platform.LOCAL].conversations[CHAT] = (ANN, DAN)
    houses.directories[Platform.SLACK].conversations[PHONE] = (ANNA, BO, CLEO)
    people = houses.process.people
    settings = a_team("Phone", members_from=MembersFrom.CHANNEL)
    async with asyncio.timeout(60) as patience:
        done = await houses.process.teams.set_up(await people.colleague(ANN), CHAT, Wanted(settings, (ANN,)), patience)
    assert sorted(each.name for each in done.agents) == ["Bo Lind", "Cleo Ray", "Dan Holm"]

    houses.directories[Platform.SLACK].conversations[PHONE] = (ANNA, BO)
    await houses.process.teams.left(PHONE, CLEO)
    assert (await people.colleague(CLEO)).places == ()
    assert (await people.colleague(DAN)).places != ()


async def test_a_team_of_the_same_name_is_another_ones_unless_they_lead_it(houses):
    await joined(houses)
    await houses.team("Phone", [BO], [ANNA], [PHONE])
    with pytest.raises(RecognitionError) as refused:
        await set_up(houses, ADMIN, "Phone", CHAT, DAN)
    assert refused.value.code is Code.TEAM_NAME_TAKEN
    other = await set_up(houses, ANN, "E-mail", ConversationRef(LOCAL, "mail"), DAN)
    assert other.is_new
    with pytest.raises(RecognitionError) as refused:
        await set_up(houses, ANNA, "Phone", ConversationRef(SLACK, "C5"), CLEO)
    assert refused.value.code is Code.TEAM_NAME_TAKEN, "it meets in this workspace already"


async def test_another_process_follows_within_a_minute_and_no_kudos_is_lost(houses):
    other = houses.also()
    for sender in (ANN, DAN):
        reply(await houses.types(sender, "me", process=other), MessageKind.MINE)
    await joined(houses)
    # What it has in mind is gone: it looks anew, and answers as if nothing had been.
    reply(await houses.types(ANN, DAN, SAID, process=other), MessageKind.RECEIPT)
    reply(await houses.types(ANN, f"@bo lind {SAID}", process=other), MessageKind.RECEIPT)
    assert other.metrics == {"ok": 4}
    organisation = await houses.organisation(LOCAL)
    assert {each.giver for each in houses.store.books[organisation].kudos.values()} == {
        (await houses.process.people.colleague(ANNA)).person
    }


async def test_another_process_that_was_not_asked_anything_follows_after_a_minute(houses):
    other = houses.also()
    before = await other.people.colleague(ANN)
    await joined(houses)
    assert other.people.peek_organisation(LOCAL) != await houses.organisation(LOCAL)
    houses.clock.advance(timedelta(seconds=FRESH_SECONDS))
    assert await other.people.organisation(LOCAL) == await houses.organisation(LOCAL)
    assert (await other.people.colleague(ANN)).person != before.person


async def an_address_becomes_known(houses, account: AccountRef, email: str) -> None:
    """Let somebody's address become known, to the first process."""
    directory = houses.directories[account.workspace.platform]
    directory.put(replace(directory.profiles[account], email=email))
    houses.clock.advance(timedelta(seconds=FRESH_SECONDS))
    await houses.process.people.colleague(account)


@pytest.fixture
async def unaddressed(houses) -> Houses:
    """The same, joined, and Bo Lind is there too, as L5: nobody knows that yet, as Norra does not tell addresses."""
    await houses.connect(LOCAL, "Norra", ("L5", "Bo L"), admin=9)
    directory = houses.directories[Platform.LOCAL]
    directory.put(replace(directory.profiles[AccountRef(LOCAL, "L5")], email=""))
    await joined(houses)
    return houses


async def test_whose_address_becomes_known_is_one_with_whoever_has_it(unaddressed):
    houses, beau = unaddressed, AccountRef(LOCAL, "L5")
    reply(await houses.types(beau, DAN, f"+10 {SAID}"), MessageKind.RECEIPT)
    reply(await houses.types(BO, ANNA, f"+20 {SAID}"), MessageKind.RECEIPT)
    await an_address_becomes_known(houses, beau, "bo.lind@example.com")
    here, there = [text_of(reply(await houses.types(each, "me"), MessageKind.MINE)) for each in (BO, beau)]
    assert here == there
    assert "70" in here
    assert "Kudos are for others." in refused(await houses.types(beau, f"@bo lind {SAID}"))


async def test_whoever_they_were_elsewhere_is_looked_at_anew(unaddressed):
    houses, third = unaddressed, WorkspaceRef(Platform.SLACK, "T3")
    beau, bob = AccountRef(LOCAL, "L5"), AccountRef(third, "U5")
    await houses.connect(third, "Third", ("U5", "Bob Lind"))
    code = await code_from(houses)
    shown = reply(await houses.types(bob, f"link {code}"), MessageKind.LINK_PREVIEW)
    reply(await houses.presses(bob, button(shown, "Join")), MessageKind.LINK_ANSWERED)
    await an_address_becomes_known(houses, beau, "bob.lind@example.com")
    bobs = (await houses.process.people.colleague(bob)).person
    assert (await houses.process.people.colleague(beau)).person == bobs

    await houses.process.people.learn(
        replace(houses.directories[Platform.LOCAL].profiles[beau], email="bo.lind@example.com")
    )

    bo, *others = [(await houses.process.people.colleague(each)).person for each in (BO, beau, bob)]
    assert others == [bo, bo]


async def test_what_is_done_by_a_process_that_does_not_know_it_yet_is_done_all_the_same(unaddressed):
    houses, beau, other = unaddressed, AccountRef(LOCAL, "L5"), unaddressed.also()
    reply(await houses.types(DAN, beau, SAID, process=other), MessageKind.RECEIPT)
    reply(await houses.types(beau, "me", process=other), MessageKind.MINE)
    before = other.people.peek(beau).person
    await an_address_becomes_known(houses, beau, "bo.lind@example.com")
    houses.clock.advance(timedelta(seconds=-FRESH_SECONDS))

    assert other.people.peek(beau).person == before, "it remembers who is gone"
    reply(await houses.types(DAN, beau, f"{SAID} twice", process=other), MessageKind.RECEIPT)
    reply(await houses.types(beau, DAN, SAID, process=other), MessageKind.RECEIPT)

    assert other.metrics == {"ok": 4}
    bo = (await houses.process.people.colleague(BO)).person
    given = houses.store.books[await houses.organisation(SLACK)].kudos.values()
    assert sum(receiving.person == bo for each in given for receiving in each.receivers) == 2
    assert sum(each.giver == bo for each in given) == 1


async def test_what_fails_for_another_reason_is_not_tried_twice(houses):
    assert not await houses.process.people.has_moved(LOCAL, None)
    assert not await houses.process.people.has_moved(LOCAL, await houses.organisation(LOCAL))
    unknown = WorkspaceRef(Platform.SLACK, "T9")
    assert not await houses.process.people.has_moved(unknown, await houses.organisation(LOCAL))


async def test_storage_that_fails_is_not_taken_for_a_move(houses, monkeypatch):
    async def fails(_workspace):
        raise OSError

    monkeypatch.setattr(houses.workplaces, "workplace", fails)
    assert not await houses.process.people.has_moved(LOCAL, await houses.process.people.organisation(LOCAL))


async def test_a_button_cannot_bring_in_people_of_another_organisation(houses):
    for forged in (
        Draft("k", SAID, 10, named=(DAN,)),
        Draft(
            "k",
            SAID,
            10,
            named=(BO.id,),
            open=(Open("dan", (DAN, AccountRef(WorkspaceRef(Platform.SLACK, "T9"), "U1"))),),
        ),
    ):
        answer = await houses.presses(ANNA, Button("choose", "Dan", pack(forged)))
        assert "Dan Holm" not in refused(answer)
    assert houses.waiting() == []


def test_a_button_of_before_is_read_as_it_was():
    assert unpack('{"key":"k","reason":"r","points":5,"named":["U2"]}', Draft).named == ("U2",)
    assert unpack(pack(Draft("k", "r", 5, (DAN, "U2"))), Draft).named == (DAN, "U2")
