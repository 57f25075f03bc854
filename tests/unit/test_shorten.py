"""Lines made shorter: within their limit, and never without a sign that something is gone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.shorten import Shortener
from adapters.slack.fit import length
from bot.i18n import plain
from bot.view.message import Line, Link, PeoplesWords, Person, Span, Text

texts = st.text(st.sampled_from("aå😀 ,"), max_size=12)
spans = st.one_of(
    st.builds(Text, texts),
    st.builds(Person, texts.filter(bool)),
    st.builds(PeoplesWords, texts),
    st.builds(Link, texts, st.just("https://a.example/")),
)


@pytest.mark.parametrize("measure", [len, length])
@given(line=st.lists(spans, max_size=8).map(tuple), most=st.integers(min_value=1, max_value=60))
@example(line=(Person("Anna"), Text(" and "), Text("2 more")), most=9)
@example(line=(Person("Anna"), Text(" and "), Text("2 more")), most=10)
@example(line=(Person("Anna"), Text(""), Text(" and ")), most=9)
@example(line=(Text("a"), Text("b")), most=1)
def test_a_cut_line_fits_and_says_that_it_was_cut(measure, line: Line, most: int):
    made = plain(Shortener(measure).cut_line(line, most))
    assert measure(made) <= most
    if measure(plain(line)) <= most:
        assert made == plain(line)
    else:
        assert made.endswith("…")
        assert plain(line).startswith(made.removesuffix("…"))


@pytest.mark.parametrize(
    ("most", "shown"),
    [
        (17, "Anna and 12 more…"),
        (16, "Anna and 12 mo…"),
        (10, "Anna and …"),
        (9, "Anna an…"),
        (5, "Anna…"),
        (4, "An…"),
        (1, "…"),
    ],
)
def test_it_keeps_as_much_as_there_is_room_for(most: int, shown: str):
    line: tuple[Span, ...] = (Person("Anna"), Text(" and "), Text("12 more"), Text(" people"))
    assert plain(Shortener(len).cut_line(line, most)) == shown


def test_an_ellipsis_is_no_link_and_no_name():
    for span in (Person("Bo"), Link("it", "https://a.example/")):
        assert Shortener(len).cut_line((Text("Anna"), span), 5) == (Text("Anna"), Text("…"))
