"""Messages as Teams sends them, text and HTML, read as what somebody said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.teams.activity import Activity, read
from adapters.teams.mentions import segments
from bot.identity import AccountRef, Platform, WorkspaceRef
from bot.incoming import Mention, Segment, Verbatim, Words

HERE = WorkspaceRef(Platform.TEAMS, "tenant")
IDS = {"Kudos": "28:kudos", "Bo": "29:bo", "Bo's namesake": "29:other", "Cat Öberg": "29:cat"}
PEOPLE = {address: AccountRef(HERE, address) for name, address in IDS.items() if name != "Kudos"}
KUDOS = "<at>Kudos</at>"
BO = "<at>Bo</at>"


def named(name: str, itemid: int = 0) -> str:
    """A mention as it is in HTML."""
    return f'<span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="{itemid}">{name}</span>'


def quoted(words: str, kind: str = "Reply") -> str:
    """A message that is answered, as it is in HTML."""
    return (
        f'<blockquote itemscope="" itemtype="http://schema.skype.com/{kind}" itemid="1783379480258">\n'
        '<strong itemprop="mri" itemid="8:orgid:bo">Bo</strong><span itemprop="time" itemid="1783379480258"></span>\n'
        f'<p itemprop="preview">{words}</p>\n</blockquote>\n'
    )


def message(text: str, html: Any, *mentioned: str) -> Activity:
    """A message; who is mentioned in it, in order, the bot first."""
    entities = [
        {"type": "mention", "text": f"<at>{name.split(chr(39))[0]}</at>", "mentioned": {"id": IDS[name], "name": name}}
        for name in ("Kudos", *mentioned)
    ]
    made = {
        "type": "message",
        "textFormat": "plain",
        "text": text,
        "attachments": [{"contentType": "text/html", "content": html}],
        "entities": entities,
        "recipient": {"id": IDS["Kudos"], "name": "Kudos"},
    }
    return read(json.dumps(made).encode())


def said(text: str, html: Any, *mentioned: str) -> str:
    """What is read of it: `[Bo]` is a mention, `{…}` is shown and never read as anything."""

    def shown(segment: Segment) -> str:
        match segment:
            case Words(text):
                return text
            case Mention(account):
                return f"[{account.id.removeprefix('29:')}]"
            case Verbatim(text):
                return "{" + text + "}"
            case _:
                raise AssertionError(segment)

    return " ".join("".join(shown(each) for each in segments(message(text, html, *mentioned), PEOPLE)).split())


@pytest.mark.parametrize(
    ("text", "html", "read"),
    [
        pytest.param(
            f"{KUDOS} {BO} stayed late",
            f"<p>{named('Kudos')}&nbsp;<strong>{named('Bo', 1)}</strong>&nbsp;stayed <em>late</em></p>",
            "[bo] stayed late",
            id="a mention in bold",
        ),
        pytest.param(
            f"{KUDOS}&nbsp;{BO}&nbsp;stayed &amp; solved",
            f"<p><strong>{named('Kudos')}&nbsp;{named('Bo', 1)}&nbsp;stayed &amp; solved</strong></p>",
            "[bo] stayed & solved",
            id="spaces as entities",
        ),
        pytest.param(
            f"{KUDOS} {BO} taught me <b> and **stars**\n",
            f"<div><div>{named('Kudos')}&nbsp;{named('Bo', 1)} taught me &lt;b&gt; and **stars**</div>\n</div>",
            "[bo] taught me <b> and **stars**",
            id="typed as it stands",
        ),
        pytest.param(
            f"{KUDOS} {BO} fixed grep #todo +20 for us #ownership",
            f"<p>{named('Kudos')}&nbsp;{named('Bo', 1)}&nbsp;fixed <code>grep #todo +20</code> for us #ownership</p>",
            "[bo] fixed {grep #todo +20} for us #ownership",
            id="code in a line",
        ),
        pytest.param(
            f"{KUDOS} {BO} wrote\n\nundo(x)\n  #1 & more\nfor us",
            f"<p>{named('Kudos')}&nbsp;{named('Bo', 1)}&nbsp;wrote</p>"
            '<p itemtype="http://schema.skype.com/CodeBlockEditor" id="x_codeBlockEditor-1">\n&nbsp;</p>'
            '<pre class="language-python" itemid="codeBlockEditor-1"><code>undo(<span class="hljs">x</span>)<br>'
            "&nbsp; #1 &amp; more</code></pre><p>for us</p>",
            "[bo] wrote {undo(}{x}{)} {#1 & more} for us",
            id="a block of code",
        ),
        pytest.param(
            f"{KUDOS} {BO} was told @Anna is a #star and smiled",
            f"<p>{named('Kudos')} {named('Bo', 1)} was told</p>"
            "<blockquote>@Anna is a #star</blockquote><p>and smiled</p>",
            "[bo] was told {@Anna is a #star} and smiled",
            id="a quotation",
        ),
        pytest.param(
            f"{KUDOS} {BO} wrote the #guide we all use",
            f'<p>{named("Kudos")} {named("Bo", 1)} wrote <a href="https://x.example/#a" title="a > b">the #guide</a>'
            " we all use</p>",
            "[bo] wrote {the #guide} we all use",
            id="a link",
        ),
        pytest.param(
            f"{KUDOS}{BO}stayed.Solved it#ownership",
            f"<p>{named('Kudos')}&nbsp;{named('Bo', 1)}&nbsp;stayed.</p><p>Solved it<br>#ownership</p>",
            "[bo] stayed. Solved it #ownership",
            id="lines without the space between",
        ),
        pytest.param(
            f"{KUDOS} {BO} stayed 🙂 with me",
            f'<p>{named("Kudos")} {named("Bo", 1)} stayed <span title="Smile"><img itemtype="http://schema.skype.com/Emoji"'
            ' alt="🙂"></span> with <code>me</code></p>',
            "[bo] stayed 🙂 with {me}",
            id="a smiley",
        ),
        pytest.param(
            f"{KUDOS} {BO} stayed with me",
            f'<p>{named("Kudos")} {named("Bo", 1)} stayed <img alt="a cat"> with <code>me</code></p>',
            "[bo] stayed with {me}",
            id="a picture",
        ),
    ],
)
def test_formatting_is_no_words_and_loses_none(text: str, html: str, read: str):
    assert said(text, html, "Bo") == read


OWN = f"<p>{named('Kudos')}&nbsp;{named('Bo', 1)}&nbsp;ok great work #ownership</p>"


@pytest.mark.parametrize("kind", ["Reply", "Forward"])
@pytest.mark.parametrize(
    "text",
    [
        f'<quoted messageId="1783379480258"/> {KUDOS} {BO} ok great work #ownership',
        f'<quoted messageId="1783379480258"/>{KUDOS} {BO} ok great work #ownership',
        f"{KUDOS} {BO} ok great work #ownership",
        f"Bo ok #helpfulness\r\n{KUDOS} {BO} ok great work #ownership",
    ],
)
def test_a_message_that_is_answered_is_not_said_again(text: str, kind: str):
    assert said(text, quoted("ok #helpfulness", kind) + OWN, "Bo") == "[bo] ok great work #ownership"


def test_what_is_answered_alone_is_no_words():
    assert said('<quoted messageId="1"/>', quoted("ok")) == ""


def test_who_is_mentioned_in_a_quotation_is_named_there_and_not_meant():
    text = f"{KUDOS} {BO} said {BO} would come"
    html = f"<p>{named('Kudos')}</p><blockquote>{named('Bo', 1)} said</blockquote><p>{named('Bo', 2)} would come</p>"
    assert said(text, html, "Bo", "Bo's namesake") == "{Bo} {said} [other] would come"


@pytest.mark.parametrize(
    "html",
    [
        "<p>Something <code>else</code></p>",
        f"<p>{named('Kudos')} {named('Bo', 1)} stayed <code>late",
        f"<p>{named('Kudos')} {named('Bo', 1)} stayed <code>late</pre></code>",
        f"<p>{named('Kudos')} {named('Bo', 1)} stayed <code>late</code> and more</p>",
        f"<p>{named('Kudos')} {named('Bo', 1)} stayed</p> <",
        f"</code><p>{named('Kudos')} {named('Bo', 1)} stayed <code>late</code></p>",
        '<p title="',
        "",
        None,
        {"type": "AdaptiveCard"},
        ["<p>"],
    ],
)
def test_without_html_that_says_the_same_the_text_stands_alone(html: Any):
    assert said(f"{KUDOS} {BO} stayed late", html, "Bo") == "[bo] stayed late"


def test_a_message_without_html_is_read_as_it_stands():
    assert segments(Activity(type="message", text="help"), {}) == (Words("help"),)


@pytest.mark.parametrize(
    "html", ["<", '<a "', "<a '", "<code>", "<code>a</code>", "<p>", "<!--", "&amp;", "a", "<a><b>", '<img alt="a">']
)
def test_endless_formatting_is_read_at_once(html: str):
    """Were it quadratic, this would take minutes."""
    html = "<br>" + html * 200_000
    segments(message("a" * 200_000, html), {})
    segments(message("&amp;<at" * 20_000, html), {})
    segments(message("a " * 100_000 + BO * 60, html, *["Bo"] * 60), {})
