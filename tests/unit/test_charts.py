"""Charts: what is drawn can be read, is the same everywhere, and is drawn for nobody but us."""

from __future__ import annotations

import re
import struct
from xml.etree import ElementTree as ET

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from adapters.charts.addresses import TOKEN_MOST, addresses, chart_url, routes, seal, unseal
from adapters.charts.drawing import HEIGHT, WIDTH, ZOOM, Charts
from adapters.local.render import Renderer, environment
from adapters.slack.preview import preview
from adapters.slack.render import render
from bot.i18n import translator
from bot.identity import Platform, WorkspaceRef
from bot.view.message import Bar, Chart, Message, MessageKind
from tests.block_judges import judge_message

KEY = b"k" * 48
WEEKS = ("28 Sep", "5 Oct", "12 Oct", "19 Oct", "26 Oct", "2 Nov", "9 Nov", "16 Nov")


def chart(*values: int, labels: tuple[str, ...] = WEEKS, text: str = "Kudos a week: some") -> Chart:
    return Chart("Kudos a week", tuple(map(Bar, labels, values)), text)


def drawn(meant: Chart) -> ET.Element:
    return ET.fromstring(Charts().svg(meant))  # noqa: S314 - our own drawing, which must be well-formed


def texts(svg: ET.Element) -> list[str]:
    return [each.text or "" for each in svg.iter("{http://www.w3.org/2000/svg}text")]


def heights(svg: ET.Element) -> list[float]:
    return [float(each.attrib["height"]) for each in svg.iter("{http://www.w3.org/2000/svg}rect")]


def test_every_week_has_its_bar_its_value_and_its_label():
    svg = drawn(chart(3, 0, 5, 12, 8, 60, 9, 14))

    assert texts(svg) == [
        *("3", "28 Sep", "0", "5 Oct", "5", "12 Oct", "12", "19 Oct"),
        *("8", "26 Oct", "60", "2 Nov", "9", "9 Nov", "14", "16 Nov"),
    ]
    bars = heights(svg)
    assert bars[5] == max(bars)
    assert bars[0] / bars[5] == pytest.approx(3 / 60, abs=0.001)
    assert bars[1] > 0, "a week without kudos is to be seen as one"


def test_weeks_without_any_kudos_are_drawn():
    assert len(set(heights(drawn(chart(*[0] * 8))))) == 1


def test_a_chart_without_weeks_is_empty_and_no_error():
    assert texts(drawn(chart())) == []
    assert Charts().png(chart()).startswith(b"\x89PNG")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=40), st.integers(0, 99_999)), max_size=60), st.text(max_size=100))
def test_whatever_is_in_it_it_stays_within_its_edges_and_parses(bars: list[tuple[str, int]], text: str):
    allowed = "".join(each for each in text if each.isprintable())
    shown = tuple(Bar("".join(each for each in label if each.isprintable()), value) for label, value in bars)
    svg = drawn(Chart("", shown, allowed))

    assert svg.attrib["aria-label"] == allowed
    for each in svg.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, width, height = (float(each.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + width <= WIDTH
        assert y + height <= HEIGHT


def test_markup_in_a_label_is_text():
    svg = drawn(chart(1, labels=("<b>&\"'",), text='"><script>'))

    assert texts(svg) == ["1", "<b>&\"'"]
    assert svg.attrib["aria-label"] == '"><script>'


def test_a_label_too_long_is_cut_and_not_drawn_over_its_neighbour():
    shown = texts(drawn(chart(1, 2, 3, 4, 5, 6, 7, 8, labels=("The week of the 28th of September",) * 8)))[1]

    assert shown.endswith("…")
    assert len(shown) < 14


def test_the_picture_is_for_a_phone_and_always_the_same():
    meant = chart(3, 0, 5, 12, 8, 60, 9, 14)
    png = Charts().png(meant)

    assert struct.unpack(">II", png[16:24]) == (WIDTH * ZOOM, HEIGHT * ZOOM)
    assert Charts().png(meant) == png
    assert Charts().png(chart(3, 0, 5, 12, 8, 60, 9, 15)) != png


def test_the_text_is_drawn():
    """Without its font, resvg leaves text out and says nothing."""
    assert Charts().png(chart(5, labels=("Aa",))) != Charts().png(chart(5, labels=("Bb",)))


async def fetch(path: str, key: bytes = KEY) -> httpx.Response:
    app = Starlette(routes=routes(Charts(), key))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://kudos.example") as client:
        return await client.get(path)


async def test_the_picture_is_at_its_address():
    meant = chart(3, 0, 5, 12, 8, 60, 9, 14)
    answer = await fetch(chart_url("https://kudos.example", KEY, meant))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == Charts().png(meant)


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "é",
        "A" * (TOKEN_MOST + 4),
        seal(b"another key", chart(1, 2)),
        seal(KEY, chart(1, 2))[:-2] + "AA",
        "AAAA" + seal(KEY, chart(1, 2)),
    ],
)
async def test_nothing_else_is_drawn(token: str):
    assert (await fetch(f"/charts/{token}.png")).status_code == 404


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_nobody_guesses_an_address(noise: bytes):
    assert unseal(KEY, noise.hex()) is None


def test_an_address_carries_numbers_and_no_words_beside_them():
    token = seal(KEY, chart(3, 0, 5))
    found = unseal(KEY, token)

    assert found is not None
    assert found.bars == chart(3, 0, 5).bars
    assert (found.title, found.text) == ("", "")
    assert len(chart_url("https://kudos.example", KEY, chart(*[99_999] * 8))) < 400


def test_slack_is_shown_a_picture_with_its_figures_in_words():
    here = WorkspaceRef(Platform.SLACK, "T1")
    meant = Message(MessageKind.DIGEST, (chart(3, 0, 5),), "The week")
    content = render(meant, here, addresses("https://kudos.example", KEY))
    [block] = content["blocks"]

    judge_message(content)
    assert block["type"] == "image"
    assert block["alt_text"] == "Kudos a week: some"
    assert block["title"]["text"] == "Kudos a week"


@pytest.mark.parametrize("address", [None, "https://kudos.example/" + "x" * 3000])
def test_where_it_cannot_be_fetched_its_figures_are_told(address: str | None):
    here = WorkspaceRef(Platform.SLACK, "T1")
    content = render(Message(MessageKind.DIGEST, (chart(3),), "The week"), here, lambda _: address)

    judge_message(content)
    assert content["blocks"] == [
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Kudos a week: some", "verbatim": True}]}
    ]


def test_a_page_shows_it_drawn_with_its_figures_in_words():
    shown = str(Renderer(environment(Charts()), translator("en")).message(told(chart(3, 0, 5, text="3 & <0>"))))
    [svg] = re.findall(r"<svg.*</svg>", shown, re.DOTALL)

    assert texts(ET.fromstring(svg)) == ["3", "28 Sep", "0", "5 Oct", "5", "12 Oct"]  # noqa: S314 - our own drawing
    assert 'role="img" aria-label="3 &amp; &lt;0&gt;"' in svg
    assert "Kudos a week" in shown


def test_a_page_that_cannot_draw_tells_its_figures():
    shown = str(Renderer(environment(), translator("en")).message(told(chart(3, text="3 & <0>"))))

    assert "3 &amp; &lt;0&gt;" in shown
    assert "<svg" not in shown


def test_the_drawing_of_slack_shows_it_where_the_page_finds_it():
    drawn = str(preview(told(chart(3)), addresses("", KEY)))

    assert f'<img src="/charts/{seal(KEY, chart(3))}.png" alt="Kudos a week: some">' in drawn
    assert "<img" not in str(preview(told(chart(3))))


def told(shown: Chart) -> Message:
    return Message(MessageKind.DIGEST, (shown,), "The week")
