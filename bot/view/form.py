"""Forms as data.

A platform shows one as a modal, a dialog, a card or a page, and hands it back as `incoming.FormSubmitted`.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from bot.identity import AccountRef
from bot.view.message import Line


class Option(Struct, frozen=True):
    """One choice of a `Choice` field. `hint` explains it in a line."""

    value: str
    label: str
    hint: str = ""


class PeopleField(Struct, frozen=True, tag="people"):
    """One or more people of the workspace. Its values arrive in `FormSubmitted.people`."""

    name: str
    label: str
    initial: tuple[AccountRef, ...] = ()
    hint: str = ""
    most: int = 25
    required: bool = True


class TextField(Struct, frozen=True, tag="text"):
    """Typed text, at most `most` characters. Its value arrives in `FormSubmitted.texts`."""

    name: str
    label: str
    most: int
    initial: str = ""
    hint: str = ""
    placeholder: str = ""
    multiline: bool = False
    required: bool = True


class ChoiceField(Struct, frozen=True, tag="choice"):
    """One option, or several if `multiple`. Values arrive in `FormSubmitted.choices`."""

    name: str
    label: str
    options: tuple[Option, ...]
    initial: tuple[str, ...] = ()
    hint: str = ""
    multiple: bool = False
    required: bool = True


Field: TypeAlias = PeopleField | TextField | ChoiceField


class Form(Struct, frozen=True):
    """A form. `name` says which one comes back; `state` (at most VALUE_LIMIT characters) comes back unchanged.

    A title longer than a platform shows is its renderer's to cut. `intro` is shown above the fields. `lacking` is what
    a platform that looks at it itself says of a required field that is empty.
    """

    name: str
    title: str
    submit: str
    cancel: str
    fields: tuple[Field, ...]
    state: str = ""
    intro: Line = ()
    lacking: str = ""
