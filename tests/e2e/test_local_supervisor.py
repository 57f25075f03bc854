"""What supervisors and teams are told, as a buyer tries it: the demo's time is moved, and it comes."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open

ACTS = (
    ("leyla.demirtas", "bo.sandstrom", "satt kvar efter stängning tills kunden hade fått sitt svar"),
    ("leyla.demirtas", "anna.kowalska", "tog det engelska samtalet när ingen annan vågade"),
    ("bo.sandstrom", "leyla.demirtas", "skrev om mallen så att den går att förstå för alla"),
    ("bo.sandstrom", "sofia.hellgren", "hittade kundens paket genom att ringa runt i en timme"),
    ("sofia.hellgren", "leyla.demirtas", "svarade lugnt på det argaste brevet vi har fått i år"),
    ("sofia.hellgren", "james.whitfield", "lärde mig hur man avslutar ett brev så att det känns"),
    ("james.whitfield", "anna.kowalska", "rang the customer back twice until the refund was there"),
    ("james.whitfield", "sofia.hellgren", "made a list of what customers misread, and then mended it"),
    ("anna.kowalska", "james.whitfield", "explained a hard rule in one kind sentence"),
    ("anna.kowalska", "bo.sandstrom", "noticed a wrong address before the parcel left us"),
    ("leyla.demirtas", "sofia.hellgren", "delade med sig av sina bästa svar utan att bli ombedd"),
    ("bo.sandstrom", "james.whitfield", "stod på sig när kunden ville ha det som inte går"),
)

DETAILS = (
    "and it was not the only time: it has been like that all month, with every customer who came, whatever the hour "
    "was and however long the queue, and I have seen others begin to do the same because of it, which is the best that "
    "can be said of anybody here, so I wanted everyone to know of it, also those who were not there to see it"
)

MORNING = re.compile(r"09:[345]\d|10:0\d")


def listed(page: Page, text: str | re.Pattern[str]) -> Locator:
    """The messages with a text in them."""
    return page.get_by_role("log").locator(":scope > .message").filter(has_text=text)


def move(page: Page, by: str) -> None:
    """Move the demo's time, and wait until it is there."""
    clock = page.locator("#now")
    before = clock.text_content()
    page.locator(".clock").get_by_role("button", name=by).click()
    expect(page.get_by_role("status")).to_contain_text(MORNING)
    expect(clock).not_to_have_text(before or "")
    expect(clock).to_contain_text(MORNING)


def waits(name: str) -> str:
    return f"You haven't recognised {name} in"


def test_a_supervisor_is_told_recognises_and_is_not_told_again(opened: Open):
    daniel = opened("/as/daniel.okafor/kudos")
    bo = opened("/as/bo.sandstrom/kudos")

    move(daniel, "A week later")

    told = listed(daniel, waits("Bo Sandström"))
    expect(told).to_have_count(1)
    # What others said is there to begin from.
    expect(told).to_contain_text("wrote the tracking text in two languages")
    told.get_by_role("button", name="Recognise").first.click()
    form = daniel.get_by_role("dialog", name="Give kudos")
    expect(form.locator(".token")).to_contain_text("Bo Sandström")
    form.get_by_role("textbox", name="What they did").fill("kept every promise that we made to a customer this month")
    form.get_by_label("#ownership").check()
    form.get_by_role("button", name="Give kudos").click()

    expect(form).to_be_hidden()
    expect(listed(daniel, "You have recognised Bo Sandström.")).to_have_count(1)
    expect(told).to_have_count(0)
    expect(listed(bo, "kept every promise")).to_have_count(1)

    move(daniel, "A week later")

    expect(told).to_have_count(0)
    expect(listed(daniel, "You have recognised Bo Sandström.")).to_have_count(1)
    # Whoever was named and is still waiting was named once, and not again in the second week.
    expect(listed(daniel, waits("Anna Kowalska"))).to_have_count(1)


def test_a_supervisor_snoozes_says_who_is_away_and_who_is_not_on_the_team(opened: Open):
    petra = opened("/as/petra.holm/kudos")
    petra.get_by_role("button", name="English").click()
    expect(petra.locator("html")).to_have_attribute("lang", "en")
    move(petra, "A week later")
    # Priya is on leave, so nobody is reminded of her.
    expect(listed(petra, waits("Priya Raman"))).to_have_count(0)

    def press(name: str, button: str) -> None:
        parts = listed(petra, waits(name)).locator(".card > *")
        at = parts.evaluate_all("(all, text) => all.findIndex((one) => one.textContent.includes(text))", waits(name))
        rows = listed(petra, waits(name)).locator(f".card > *:nth-child(n + {at + 1}).b-buttons")
        rows.first.get_by_role("button", name=button).click()

    press("Elias Virtanen", "Snooze a week")
    expect(listed(petra, "You will not be told about Elias Virtanen before")).to_have_count(1)

    press("Nils Andersson", "Away until…")
    form = petra.get_by_role("dialog", name="Away until…")
    form.get_by_role("textbox").fill("in three weeks")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    expect(listed(petra, re.compile(r"Nils Andersson is away until \w+ \d+ \w+, that day included"))).not_to_have_count(
        0
    )
    expect(listed(petra, waits("Nils Andersson"))).to_have_count(0)

    expect(form).to_be_hidden()
    assert petra.evaluate("document.activeElement.closest('.message')?.textContent ?? ''").count("Nils Andersson")

    press("Zara Haddad", "Not on my team")
    asked = petra.get_by_role("alertdialog", name="Not on my team")
    expect(asked).to_contain_text("Zara Haddad")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_be_hidden()
    expect(listed(petra, waits("Zara Haddad"))).to_have_count(1)
    press("Zara Haddad", "Not on my team")
    asked.get_by_role("button", name="Not on my team").click()
    expect(asked).to_be_hidden()
    expect(listed(petra, "Zara Haddad is not on a team of yours any more.")).to_have_count(1)

    for name in ("Elias Virtanen", "Nils Andersson", "Zara Haddad"):
        expect(listed(petra, waits(name))).to_have_count(0)
    move(petra, "Tomorrow")
    for name in ("Elias Virtanen", "Nils Andersson", "Zara Haddad"):
        expect(listed(petra, waits(name))).to_have_count(0)


def test_a_team_reads_its_week_as_it_comes(opened: Open):
    reader = opened("/as/james.whitfield/email")
    other = opened("/as/daniel.okafor/all-hands")
    reasons = [f"{reason}, {again}, {DETAILS}" for _, _, reason in ACTS for again in ("i måndags", "i tisdags")]
    for number, reason in enumerate(reasons):
        giver, receiver, _ = ACTS[number // 2]
        say = reader.url.replace("james.whitfield", giver) + "/say"
        said = reader.request.post(say, form={"typed": f"/kudos @{receiver} {reason}", "key": f"week-{number}"})
        assert said.ok
    digests = listed(reader, "The week in E-mail")
    before = digests.count()

    move(reader, "A week later")

    expect(digests).to_have_count(before + 1)
    digest = digests.last
    expect(digest.get_by_role("img", name="Kudos in the weeks from")).to_be_visible()
    expect(digest).to_contain_text("recognised in the last 30 days")
    expect(digest).to_contain_text("Thanks to")
    expect(other.get_by_role("link", name="email")).to_contain_text("unread")
    # What has no room in it continues under it, folded, and nobody's words are lost.
    expect(digest).to_contain_text("in the thread")
    text = digest.text_content() or ""
    assert [reason for reason in reasons if reason not in text] == []
    last = digest.locator(".replies .message").last
    expect(last).to_be_hidden()
    folded = digest.locator("summary")
    expect(folded).to_have_text(f"{digest.locator('.replies .message').count()} replies")
    folded.focus()
    reader.keyboard.press("Enter")
    expect(last).to_be_visible()
    # It stays as the reader left it when something new comes.
    reader.get_by_role("combobox").fill("what a week")
    reader.keyboard.press("Enter")
    expect(listed(reader, "what a week")).to_have_count(1)
    expect(last).to_be_visible()


def test_on_a_phone_a_prompt_takes_two_rows_of_buttons_and_no_notice_covers_it(opened: Open):
    # Where nothing moves, what is measured is where it stays.
    page = opened("/as/daniel.okafor/kudos", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    move(page, "A week later")
    buttons = page.locator(".b-buttons:has(> :nth-child(4))").last.get_by_role("button").all()
    boxes = [box for button in buttons if (box := button.bounding_box())]
    toast = page.get_by_role("status").locator(".toast").bounding_box()
    assert toast
    assert toast["y"] + toast["height"] < min(box["y"] for box in boxes)
    assert len({box["y"] for box in boxes}) == 2


def test_a_channels_team_is_set_up_by_those_who_may(opened: Open):
    head = opened("/as/ingrid.falk/all-hands")
    head.get_by_role("button", name="English").click()
    box = head.get_by_role("combobox")
    box.fill("/kudos setup")
    head.keyboard.press("Escape")
    head.keyboard.press("Enter")
    form = head.get_by_role("dialog", name="This channel's team")
    expect(form).to_be_visible()
    form.get_by_role("textbox", name="Name", exact=True).fill("Everyone")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    expect(head.locator(".is-private").last).to_contain_text("Everyone is set up")

    maja = opened("/as/maja.lindqvist/phone")
    box = maja.get_by_role("combobox")
    box.fill("/kudos setup")
    maja.keyboard.press("Escape")
    maja.keyboard.press("Enter")
    expect(maja.locator(".is-private").last).to_contain_text("Karin Åström")
    expect(maja.get_by_role("dialog", name="This channel's team")).to_have_count(0)


def test_time_is_kept_and_the_same_in_every_window(opened: Open):
    one = opened("/as/oskar.nyberg/phone", viewport={"width": 390, "height": 844})
    other = opened("/as/anna.kowalska/email")
    one.get_by_role("button", name="I morgon").focus()
    one.keyboard.press("Enter")
    expect(one.get_by_role("status")).to_contain_text("I demon är det nu")
    expect(one.locator("#now")).to_contain_text(MORNING)
    # She is in London.
    expect(other.locator("#now")).to_contain_text(re.compile(r"08:[345]\d|09:0\d"))
    expect(one.get_by_role("button", name="I morgon")).to_be_focused()
    shown = one.locator("#now").text_content()
    one.reload()
    expect(one.locator("#now")).to_have_text(shown or "")
