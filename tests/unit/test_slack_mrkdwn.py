"""What Slack's escaped text becomes."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.mrkdwn import segments
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import GroupMention, Mention, PlaceMention, Verbatim, Words

ACME = WorkspaceRef(Platform.SLACK, "T1")


def mention(id, label=""):
    return Mention(AccountRef(ACME, id), label)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("me", (Words("me"),)),
        (
            "<@U1|anna> stayed #ownership +20",
            (mention("U1", "anna"), Words(" stayed #ownership +20")),
        ),
        ("<@U1><@W2>", (mention("U1"), mention("W2"))),
        ("<@U1|>, <@U2|@bo>", (mention("U1"), Words(", "), mention("U2", "bo"))),
        ("<!subteam^S1> <!subteam^S2|@late>", (GroupMention("S1", ""), Words(" "), GroupMention("S2", "late"))),
        (
            "<#C1|ownership> <#C2|> <#C3>",
            (
                PlaceMention("C1", "ownership"),
                Words(" "),
                PlaceMention("C2", ""),
                Words(" "),
                PlaceMention("C3", ""),
            ),
        ),
        ("thanks <!channel> and <!here|here>, <!everyone>", (Words("thanks channel and here, everyone"),)),
        ("<!date^1392734382^{date}|18 February>", (Verbatim("18 February"),)),
        ("see <https://e.example/a#rules>", (Words("see "), Verbatim("https://e.example/a#rules"))),
        ("<http://e.example|e.example>", (Verbatim("http://e.example"),)),
        ("<https://e.example/x|the ticket>", (Verbatim("the ticket (https://e.example/x)"),)),
        ("<https://e.example/?a=1&amp;b=2>", (Verbatim("https://e.example/?a=1&b=2"),)),
        ("<mailto:a@e.example|a@e.example>", (Verbatim("a@e.example"),)),
        ("used `/kudos undo #rules` well", (Words("used "), Verbatim("/kudos undo #rules"), Words(" well"))),
        ("a ```line one\n#ownership +20``` b", (Words("a "), Verbatim("line one\n#ownership +20"), Words(" b"))),
        (
            "<@U1> said\n&gt; never #give up\nlovely",
            (
                mention("U1"),
                Words(" said\n"),
                Verbatim("never #give up"),
                Words("\nlovely"),
            ),
        ),
        ("&gt;&gt;&gt; all\nof #this", (Verbatim("all\nof #this"),)),
        ("`asked <@U1|anna> about <https://e.example|it>`", (Verbatim("asked anna about it (https://e.example)"),)),
        ("5 &lt; 6 &amp;&amp; 7 &gt; 6", (Words("5 < 6 && 7 > 6"),)),
        ("&amp;lt;b&amp;gt;", (Words("&lt;b&gt;"),)),
        ("&lt;@U1&gt; typed by hand", (Words("<@U1> typed by hand"),)),
        ("&lt;!channel&gt;", (Words("<!channel>"),)),
        ("“so calm” – it’s Anna", (Words("“so calm” – it’s Anna"),)),
        ("a < b", (Words("a < b"),)),
        ("<@U1 <@U2>", (Words("<@U1 "), mention("U2"))),
        ("<>", (Words("<>"),)),
        ("<@u1> <@UÅ1> <@>", (Words("<@u1> <@UÅ1> <@>"),)),
        ("<nonsense|label>", (Words("<nonsense|label>"),)),
        ("it`s a `half", (Words("it"), Verbatim("s a"), Words("half"))),
        ("``` ```", ()),
    ],
)
def test_text_becomes_segments(text, expected):
    assert segments(text, ACME) == expected


PIECES = st.sampled_from(
    [
        "<",
        ">",
        "|",
        "@",
        "#",
        "!",
        "`",
        "```",
        "&gt;",
        "&lt;",
        "&amp;",
        "\n",
        "<@U1|a>",
        "<!here>",
        "U1",
        " ",
        "\u202e",
        "https://x",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join))
def test_any_text_is_read_and_no_resolved_mention_is_left_in_words(text):
    found = segments(text, ACME)
    for before, after in itertools.pairwise(found):
        assert not (isinstance(before, Words) and isinstance(after, Words))
    for segment in found:
        if isinstance(segment, Words):
            assert segment.text
        if isinstance(segment, Words) and "&" not in text:
            assert not re.search(r"<@U[A-Z0-9]+(\|[^<>\n]*)?>", segment.text)


@given(st.text(alphabet=st.characters(exclude_characters="<>&`", exclude_categories=["Cs"]), min_size=1))
def test_ordinary_text_is_unchanged(text):
    assert segments(text, ACME) == (Words(text),)


def test_a_long_hostile_text_is_read_in_one_pass():
    """Twice the input takes about twice the steps; a quadratic pattern would not come back."""
    for piece in ("<", "`", "```", "<@", "&gt;", "`a\n", "<a|"):
        segments(piece * 100_000, ACME)
