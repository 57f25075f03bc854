"""Forms as Adaptive Cards: what comes back of them, and that they fit however many people stand in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.teams import forms
from adapters.teams.render import activity
from adapters.teams.seal import Sent
from bot.i18n import translator
from bot.teams.forms import set_up_form
from bot.teams.model import ServiceChannel, TeamSettings
from bot.view.form import Form
from tests.card_judge import judge
from tests.factories_messages import give_form
from tests.msteams_cards import ANNA, BO, HERE, LARGEST, SEAL, elements, gallery, shown, someone, weight

EXAMPLES = gallery()

PEOPLE_PICKER = {
    # Teams takes these in a card of 1.5: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/people-picker
    'Property "choices.data" is supported in version 1.6, but you are using version 1.5.',
    "An Input.ChoiceSet must have at least one choice defined.",
}


def test_a_form_comes_back_as_plain_values():
    form = give_form(HERE)
    filled = forms.read(
        form,
        {
            "people": f"{ANNA.id.upper()},{BO.id}, {BO.id}",
            "leader": BO.id,
            "reason": "stayed <late>\r\nagain",
            "note": None,
            "behaviours": "b1,b3",
            "sees": "b0",
            "points": ["c3"],
            "unasked": "x",
        },
        HERE,
    )
    assert filled == forms.Submitted(
        people={"people": (ANNA, BO), "leader": (BO,)},
        choices={"behaviours": ("b1", "b3"), "sees": ("b0",), "points": (), "topics": ()},
        texts={"reason": "stayed <late>\nagain", "note": ""},
    )


def test_a_refused_form_is_drawn_again_with_what_was_filled_in_and_why():
    form = give_form(HERE)
    given_ = forms.Submitted({"people": (BO,)}, {"behaviours": ("b2",)}, {"reason": "ok"})
    problems = {"reason": "Say a little more.", "elsewhere": "Not now."}
    filling = forms.Filling(form, "form-1", "", {BO: "Bo Svensson"}, given_, problems)
    made = forms.card(filling, SEAL, dialog=True)
    inputs = {each["id"]: each for each in elements(made) if each["type"].startswith("Input.")}
    assert inputs["people"]["value"] == BO.id
    assert inputs["people"]["choices"] == [{"title": "Bo Svensson", "value": BO.id}]
    assert (inputs["reason"]["value"], inputs["behaviours"]["value"]) == ("ok", "b2")
    (verdict,) = judge([made])
    assert verdict.text.index("Not now.") < verdict.text.index("What they did") < verdict.text.index("Say a little")
    sent = SEAL.open(made["actions"][0]["data"])
    assert isinstance(sent, Sent)
    carried = forms.drawn(sent)
    assert carried is not None
    assert [(each.name, each.label) for each in carried.fields] == [(each.name, each.label) for each in form.fields]
    assert forms.card(replace(filling, form=carried), SEAL, dialog=True) == made


def test_microsofts_renderer_draws_every_form_and_objects_to_the_people_picker_only():
    drawn = [shown(view, dialog=dialog) for view in EXAMPLES.values() if isinstance(view, Form) for dialog in (0, 1)]
    drawn += [shown(give_form(HERE), dialog=True)]
    verdicts = judge(drawn)
    assert {complaint for verdict in verdicts for complaint in verdict.complaints} <= PEOPLE_PICKER
    assert verdicts[-1].inputs == [field.name for field in give_form(HERE).fields]


MEMBERS = tuple(someone(number) for number in range(100, 200))
SUPERVISORS = tuple(someone(number) for number in range(200, 225))
LONG = {
    each: f"{each.id[-3:]} Åsa Wolfeschlegelsteinhausenbergerdorff-{'ö' * 80}"[:80] for each in MEMBERS + SUPERVISORS
}


def large(locale: str) -> Form:
    """The form of a team as large as a form can be."""
    settings_ = TeamSettings("Telefon", "Europe/Stockholm", locale, ServiceChannel.PHONE)
    return set_up_form(translator(locale), settings_, SUPERVISORS, MEMBERS)


@pytest.mark.parametrize("locale", ["en", "sv"])
@pytest.mark.parametrize("dialog", [True, False])
def test_the_form_of_a_large_team_fits_and_brings_everybody_back(locale: str, *, dialog: bool):
    form = large(locale)
    problems = {"name": "Give the team a name.", "supervisors": "x" * 150}
    filling = forms.Filling(form, "f" * 32, "19:" + "x" * 60 + "@thread.tacv2", LONG)
    first = forms.card(filling, SEAL, dialog=dialog)
    refused = forms.card(replace(sent_back(first), names=LONG, problems=problems), SEAL, dialog=dialog)
    for made in (first, refused):
        assert weight(activity(made, "Kudos")) <= LARGEST
        filled = sent_back(made).given
        assert filled is not None
        assert (filled.people["supervisors"], filled.people["members"]) == (SUPERVISORS, MEMBERS)
        titles = [each["title"] for each in inputs(made)["members"]["choices"]]
        assert [title[:7] for title in titles] == [LONG[each][:7] for each in MEMBERS]


def inputs(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in elements(made) if each["type"].startswith("Input.")}


def sent_back(made: dict[str, Any]) -> forms.Filling:
    """What a client sends of a card in which nothing was changed, read as the bot does."""
    data = made["actions"][0]["data"] | {name: each.get("value", "") for name, each in inputs(made).items()}
    sent = SEAL.open(data)
    assert isinstance(sent, Sent)
    form = forms.drawn(sent)
    assert form is not None
    return forms.Filling(form, sent.id, sent.place, given=forms.read(form, data, HERE))


def test_a_small_form_in_a_chat_is_an_execute_with_a_submit_for_old_clients_and_a_large_one_a_submit():
    small = shown(EXAMPLES["en_form_give"])["actions"][0]
    assert (small["type"], small["fallback"]["type"]) == ("Action.Execute", "Action.Submit")
    assert small["data"] == small["fallback"]["data"]
    many = forms.card(forms.Filling(large("en"), "f", "", LONG), SEAL, dialog=False)["actions"][0]
    assert many["type"] == "Action.Submit"


@pytest.mark.parametrize("name", [name for name, view in EXAMPLES.items() if isinstance(view, Form)])
def test_every_form_stays_under_the_limit(name: str):
    for dialog in (True, False):
        assert weight(activity(shown(EXAMPLES[name], dialog=dialog), "Kudos")) <= LARGEST
