"""Messages and forms that use every kind of block, span and field, for tests of what draws and delivers them."""

from __future__ import annotations

from typing import Final

from bot.identity import AccountRef, WorkspaceRef
from bot.view.form import ChoiceField, Form, Option, PeopleField, TextField
from bot.view.message import (
    Button,
    Buttons,
    Code,
    Divider,
    Fact,
    Facts,
    Heading,
    Items,
    Link,
    Message,
    MessageKind,
    Note,
    Paragraph,
    PeoplesWords,
    Person,
    Quote,
    Style,
    Text,
    Tone,
)

HOSTILE: Final = (
    "<!channel> <!here|x> <@U9> <https://evil.example|click> & <b>bold</b>",
    "@here @channel @everyone *bold* _it_ ~no~ `code` ```block``` > quote",
    "\u202egnirts live\u202c \u2066x\u2069 שלום مرحبا",
    "😀" * 400,
    "x" * 3000,
    "a\u0301\u0302\u0303\u0304" * 200,
    "&" * 3000,
    ":tada: :+1: :wave::skin-tone-3: 10:30:15 :::: :not an emoji:",
    "line one\nline two\r\n\tthree",
)


def shout_out(words: str = "stayed with a caller until it was solved") -> Message:
    """A message as a channel sees it."""
    line = (Person("Anna"), Text(" recognised "), Person("Bo"))
    return Message(MessageKind.SHOUT_OUT, (Paragraph(line), Quote((PeoplesWords(words),))), "Anna recognised Bo")


def everything(workspace: WorkspaceRef, words: str = "stayed & solved <it>") -> Message:
    """A message with every block and span."""
    anna = AccountRef(workspace, "U1")
    stranger = AccountRef(WorkspaceRef(workspace.platform, "elsewhere"), "U1")
    return Message(
        MessageKind.TEAM_WEEK,
        (
            Heading("This week in Phone & E-mail"),
            Paragraph(
                (
                    Person("Anna", anna),
                    Text(" recognised "),
                    Person("Eve of elsewhere", stranger),
                    Text(" and "),
                    Person("<!channel>"),
                    Text(". "),
                    Text("Strong", Style.STRONG),
                    Text(" quiet", Style.QUIET),
                )
            ),
            Quote((PeoplesWords(words),)),
            Facts((Fact("Your points", (Text("120", Style.STRONG),)), Fact("Try", (Code("/kudos me"),)))),
            Divider(),
            Items(
                (
                    (Person("Bo"), Text(": "), PeoplesWords(words)),
                    (Link("The message", "https://a.example/p1?x=1&y=2"),),
                )
            ),
            Note(
                (Text("#ownership", Style.STRONG), Text(" · 10 points · "), Link("the message", "https://a.example/p1"))
            ),
            Note((Text("For "), Person("*Bo*"))),
            Buttons(
                (
                    Button("undo", "Undo", "k1", Tone.DANGER, "Take it back?", "Keep it"),
                    Button("choose", "Anna Berg", "1", Tone.PRIMARY),
                    Button("choose", "Anna Ek", "2"),
                )
            ),
        ),
        "This week in Phone & E-mail: <!channel> @here",
    )


def sixty(workspace: WorkspaceRef, words: str = "helped me") -> Message:
    """A message with far too much of everything."""
    many = everything(workspace, words)
    lines = tuple((Person(f"Person {n}"), Text(": "), PeoplesWords(words)) for n in range(60))
    buttons = tuple(Button("choose", f"Person {n} " + "n" * 80, str(n)) for n in range(60))
    return Message(
        MessageKind.TEAM_WEEK,
        (Heading("h" * 200), Items(lines), *many.blocks * 8, Note((Text("end"),)), Buttons(buttons)),
        "s" * 5000,
    )


def give_form(workspace: WorkspaceRef) -> Form:
    """A form with every kind of field."""
    anna = AccountRef(workspace, "U1")
    few = tuple(Option(f"b{n}", f"#behaviour{n}", "Stayed until it was sorted, " + "long " * 20) for n in range(6))
    many = tuple(Option(f"c{n}", f"Choice {n}") for n in range(130))
    return Form(
        name="give",
        title="Recognise somebody in your team",
        submit="Give kudos",
        cancel="Cancel",
        state='{"link":"https://a.example/p1"}',
        intro=(Text("About a message."),),
        fields=(
            PeopleField("people", "Who", (anna,), "One or several"),
            PeopleField("leader", "Supervisor", most=1),
            TextField("reason", "What they did", 500, "they", "In your words", "Stayed", multiline=True),
            TextField("note", "Note", 9000, required=False),
            ChoiceField("behaviours", "Behaviours", few, ("b1", "b3"), multiple=True, required=False),
            ChoiceField("sees", "Who sees it", few, ("b0",)),
            ChoiceField("points", "Points", many, ("c3",)),
            ChoiceField("topics", "Topics", many, ("c3", "c4"), multiple=True),
        ),
    )
