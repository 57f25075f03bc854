"""The local chat as its buyer meets it: `python -m kudos demo` in real Chromium, two windows being two people."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Open

REASON = "stayed with a caller until it was solved"
CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")


def type_kudos(page: Page, reason: str) -> None:
    """Type a kudos to Anna Bergström as one does: by completion, with the keyboard alone."""
    box = page.get_by_role("combobox", name="Message #phone")
    box.focus()
    page.keyboard.type("/kudos @ann")
    expect(page.get_by_role("option").first).to_contain_text("Anna Bergström")
    page.keyboard.press("Enter")
    page.keyboard.type(reason + " #owner")
    expect(page.get_by_role("option")).to_contain_text("#ownership")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def messages(page: Page, text: str) -> object:
    return page.get_by_role("log").get_by_role("listitem").filter(has_text=text)


def test_a_kudos_and_its_undo_arrive_in_the_second_window(opened: Open):
    maja = opened("/as/maja.lindqvist/phone")
    anna = opened("/as/anna.bergstrom/phone")
    anna_alone = opened("/as/anna.bergstrom/kudos")
    elsewhere = opened("/as/oskar.nyberg/all-hands")
    reason = f"{REASON} at once"

    type_kudos(maja, reason)

    shout_out = messages(anna, reason)
    expect(shout_out).to_have_count(1)
    expect(shout_out).to_contain_text("Maja Lindqvist")
    expect(messages(anna_alone, reason)).to_have_count(1)
    receipt = maja.locator(".is-private")
    expect(receipt).to_contain_text("Only you can see this")
    expect(receipt).to_contain_text("Anna Bergström")
    expect(anna.locator(".is-private")).to_have_count(0)
    # A window that does not show the channel says that there is something new in it.
    expect(elsewhere.get_by_role("link", name="phone")).to_contain_text("1 oläst meddelande")

    receipt.get_by_role("button", name="Undo").click()

    expect(messages(anna, reason)).to_have_count(0)
    expect(elsewhere.get_by_role("link", name="phone")).not_to_contain_text("1")
    expect(messages(anna_alone, reason)).to_have_count(0)
    expect(messages(maja, reason)).to_have_count(0)
    expect(receipt.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_private_answer_goes_when_it_is_dismissed(opened: Open):
    page = opened("/as/amina.yusuf/phone")
    page.get_by_role("combobox").fill("/kudos me")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".is-private")).to_have_count(1)
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".is-private")).to_have_count(0)
    page.reload()
    expect(page.locator(".is-private")).to_have_count(0)


def test_a_form_that_was_left_stays_away(opened: Open):
    page = opened("/as/tomasz.zielinski/phone")
    page.get_by_role("button", name="Give kudos").click()
    form = page.get_by_role("dialog", name="Give kudos")
    expect(form).to_be_visible()
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    page.locator("#typed").fill("/kudos help")
    page.keyboard.press("Enter")
    expect(page.get_by_text("How to give kudos").first).to_be_visible()
    expect(form).to_be_hidden()


def test_escape_closes_the_list_of_names_and_then_the_form(opened: Open):
    page = opened("/as/tomasz.zielinski/phone")
    page.get_by_role("button", name="Give kudos").click()
    form = page.get_by_role("dialog", name="Give kudos")
    form.get_by_role("combobox", name="Who").focus()
    page.keyboard.type("ann")
    names = page.get_by_role("listbox")
    expect(names).to_be_visible()
    page.keyboard.press("Escape")
    expect(names).to_be_hidden()
    expect(form).to_be_visible()
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()


def test_the_focus_stays_in_the_message_whose_button_has_gone(opened: Open):
    page = opened("/as/oskar.nyberg/phone")
    page.get_by_role("combobox").fill("/kudos @maja.lindqvist löste ett ärende som ingen annan vågade ta")
    page.keyboard.press("Enter")
    undo = page.locator(".is-private").get_by_role("button", name="Ångra")
    undo.focus()
    page.keyboard.press("Enter")
    expect(undo).to_have_count(0)
    page.wait_for_function("document.activeElement.closest('.is-private') !== null")
    page.get_by_role("button", name="Dölj").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#typed")).to_be_focused()


def test_the_form_says_what_is_wrong_beside_the_field_and_then_gives(opened: Open):
    page = opened("/as/tomasz.zielinski/phone")
    second = opened("/as/oskar.nyberg/phone")
    page.get_by_role("button", name="Give kudos").click()
    form = page.get_by_role("dialog", name="Give kudos")
    expect(form).to_be_visible()
    reason = form.get_by_role("textbox", name="What they did")
    reason.fill("took over a difficult call when I was stuck")

    form.get_by_role("button", name="Give kudos").click()

    who = form.get_by_role("combobox", name="Who")
    expect(who).to_have_attribute("aria-invalid", "true")
    expect(who).to_be_focused()
    assert who.evaluate("field => field.closest('.field').querySelector('.f-problem').textContent").strip()
    expect(reason).to_have_value("took over a difficult call when I was stuck")

    page.keyboard.type("oskar")
    page.keyboard.press("Enter")
    page.keyboard.type("amina")
    page.keyboard.press("Enter")
    form.get_by_label("#helpfulness").check()
    form.get_by_role("button", name="Give kudos").click()

    expect(form).to_be_hidden()
    shout_out = messages(second, "took over a difficult call")
    expect(shout_out).to_contain_text("Oskar Nyberg")
    expect(shout_out).to_contain_text("Amina Yusuf")
    expect(shout_out).to_contain_text("#helpfulness")


def test_a_refused_command_stays_to_be_mended(opened: Open):
    page = opened("/as/oskar.nyberg/phone")
    box = page.get_by_role("combobox")
    box.fill("/kudos @anna.bergstrom bra")
    page.keyboard.press("Enter")
    expect(page.locator(".is-private")).to_have_count(1)
    expect(box).to_have_value("/kudos @anna.bergstrom bra")
    expect(box).to_be_focused()
    page.keyboard.type(" jobbat med kunden som väntat länge")
    page.keyboard.press("Enter")
    expect(messages(page, "bra jobbat med kunden")).not_to_have_count(0)
    expect(box).to_have_value("")


def test_a_name_that_fits_two_people_is_asked_about_and_the_answer_replaces_the_question(opened: Open):
    page = opened("/as/nils.andersson/chat")
    page.get_by_role("combobox").fill("/kudos @Anna hjälpte mig med en mycket lång fråga")
    page.keyboard.press("Enter")
    question = page.locator(".is-private")
    expect(question.get_by_role("button", name="Anna Kowalska")).to_be_visible()
    question.get_by_role("button", name="Anna Kowalska").click()
    expect(question.get_by_role("button", name="Anna Kowalska")).to_have_count(0)
    expect(question).to_have_count(1)
    expect(question.get_by_role("button", name="Ångra")).to_be_visible()


def test_a_swede_is_spoken_to_in_swedish_and_can_choose_english(opened: Open):
    page = opened("/as/leyla.demirtas/email")
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page.get_by_role("button", name="Ge kudos")).to_be_visible()
    page.get_by_role("combobox").fill("/kudos")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Ge kudos")).to_contain_text("#bemötande")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="English").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("combobox").fill("/kudos behaviours")
    page.keyboard.press("Enter")
    expect(page.locator(".is-private")).to_contain_text("courtesy")
    page.get_by_role("button", name="Svenska").click()
    expect(page.locator("html")).to_have_attribute("lang", "sv")


def test_talk_is_shown_as_typed_and_nothing_in_it_runs(opened: Open):
    zara = opened("/as/zara.haddad/chat")
    priya = opened("/as/priya.raman/chat")
    hostile = (
        '<img src=x onerror="document.title=1"> <b>bold</b> {{ 7*7 }} <hx-partial hx-target="#rail">gone</hx-partial>'
    )
    zara.get_by_role("combobox").fill(hostile)
    zara.keyboard.press("Enter")
    expect(messages(priya, "onerror")).to_contain_text(hostile)
    expect(priya.get_by_role("navigation", name="Channels and conversations")).to_be_visible()
    assert "Priya Raman" in priya.title()


def test_one_can_type_on_at_once_and_a_second_enter_sends_nothing(opened: Open):
    page = opened("/as/sofia.hellgren/email")
    for words in ("först detta", "sedan detta"):
        page.get_by_role("combobox").focus()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    expect(messages(page, "sedan detta")).to_have_count(1)
    expect(messages(page, "först detta")).to_have_count(1)


def test_what_could_not_be_sent_comes_back_and_is_sent_once(opened: Open):
    page = opened("/as/james.whitfield/email", mishaps=True)
    page.route("**/say", lambda route: (route.fetch(), route.abort()))
    page.get_by_role("combobox").fill("the answer to this gets lost")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("did not go through")
    expect(page.get_by_role("combobox")).to_have_value("the answer to this gets lost")
    page.unroute("**/say")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox")).to_have_value("")
    page.reload()
    expect(messages(page, "the answer to this gets lost")).to_have_count(1)


def test_someone_else_is_two_keys_away_and_the_keyboard_reaches_everything(opened: Open):
    page = opened("/as/maja.lindqvist/all-hands")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the messages")).to_be_focused()
    switcher = page.get_by_role("button", name="You are Maja Lindqvist")
    switcher.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Find a person")).to_be_focused()
    page.keyboard.type("astrom")
    expect(page.locator(".person:visible")).to_have_count(1)
    page.keyboard.press("Escape")  # clears the search, as in any search field
    page.keyboard.press("Escape")
    expect(switcher).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("astrom")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("phone")
    expect(page.get_by_role("button", name="Karin Åström")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_window(opened: Open, width: int):
    page = opened("/as/alexandra.wennergren/chat", viewport={"width": width, "height": 760})
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
    page.get_by_role("combobox").fill(f"{long} {'ord ' * 90}"[:500])
    page.keyboard.press("Enter")
    expect(messages(page, "Donaudampf").last).to_be_visible()
    page.locator(".give").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    wide = page.evaluate("[document.documentElement.scrollWidth, document.querySelector('#scroll').scrollWidth]")
    assert max(wide) <= width


def test_on_a_phone_the_channels_are_in_a_drawer(opened: Open):
    page = opened("/as/amina.yusuf/phone", viewport={"width": 390, "height": 844})
    places = page.get_by_role("navigation", name="Channels and conversations")
    expect(places).to_be_hidden()
    page.get_by_role("button", name="Show channels").click()
    expect(places).to_be_visible()
    page.keyboard.press("Escape")
    expect(places).to_be_hidden()
    page.get_by_role("button", name="Show channels").click()
    places.get_by_role("link", name="all-hands").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("all-hands")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/as/maja.lindqvist/phone", "/as/amina.yusuf/kudos", "/as/karin.astrom/all-hands"])
def test_text_stands_out_and_controls_have_names(opened: Open, scheme: str, path: str):
    page = opened(path, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate(CHECKS) == []
    page.locator(".give").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(CHECKS) == []
    page.keyboard.press("Escape")
    page.locator(".me").click()
    assert page.evaluate(CHECKS) == []


def test_the_theme_can_be_switched_and_is_kept(opened: Open):
    page = opened("/as/maja.lindqvist/phone", color_scheme="light")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_gallery_shows_every_kind_in_both_languages(browser: Browser, address: str):
    page = browser.new_page()
    page.goto(f"{address}/try/gallery?lang=en")
    sections = page.locator(".specimen").count()
    assert sections > 30
    expect(page.locator("#shout_out")).to_contain_text("recognised")
    page.get_by_role("link", name="Svenska").click()
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page.locator(".specimen")).to_have_count(sections)
    page.close()
