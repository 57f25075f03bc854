"""Keeps the translations in step with the texts: `python -m tests.catalogues` updates them, `--check` only looks.

Every text must be translated in every language, with the same placeholders.
"""

from __future__ import annotations

import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from bot.i18n import CATALOGUES, LANGUAGES, SOURCE

ROOT = Path(__file__).parent.parent
KEYWORDS = {"t": None, "line": None, "many": (1, 2), "line_many": (1, 2)}


def texts() -> Catalog:
    """Collect every text in the source."""
    found = Catalog(project="kudos", charset="utf-8")
    for path in sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("adapters/**/*.py")]):
        where = path.relative_to(ROOT).as_posix()
        for _, message, _, context in extract_from_file("python", str(path), keywords=KEYWORDS):
            found.add(message, locations=[(where, 0)], context=context)
    return found


def problems(language: str, catalogue: Catalog, source: Catalog) -> Iterator[str]:
    """Say what is missing, unused or different in a catalogue."""
    for message in source:
        if message.id and not _translated(catalogue, message):
            yield f"{language}: not translated: {message.id}"
    for message in catalogue:
        if message.id and _key(message) not in source:
            yield f"{language}: no longer used: {message.id}"
        elif message.id and message.fuzzy:
            yield f"{language}: to be looked at: {message.id}"
        elif message.id and (wrong := _placeholders(message)):
            yield f"{language}: other placeholders: {wrong}"


def _key(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple) else message.id


def _translated(catalogue: Catalog, message: Message) -> bool:
    there = catalogue.get(_key(message))
    if there is None or isinstance(there.id, tuple) is not isinstance(message.id, tuple):
        return False
    return all(there.string) if isinstance(there.string, tuple) else bool(there.string)


def _placeholders(message: Message) -> str | None:
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    wanted = {name for text in ids for name in _names(text)}
    return next((text for text in strings if text and set(_names(text)) != wanted), None)


def _names(text: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def main() -> int:
    """Update or check all languages."""
    source = texts()
    wrong: list[str] = []
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        path = CATALOGUES / language / "LC_MESSAGES" / "kudos.po"
        catalogue = read_po(path.open("rb"), locale=language) if path.exists() else Catalog(locale=language)
        if "--check" not in sys.argv:
            catalogue.update(source, no_fuzzy_matching=True)
            catalogue.obsolete.clear()
            with path.open("wb") as file:
                write_po(file, catalogue, width=120, sort_output=True, no_location=True, omit_header=False)
        wrong += problems(language, catalogue, source)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
