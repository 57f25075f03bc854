"""The package as the bytes of a zip. The same app gives the same bytes, so that two packages can be compared."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import resvg_py

from adapters.teams.package.manifest import COLOR, OUTLINE, App, manifest, texts, texts_file
from bot.i18n import LANGUAGES, SOURCE, translator

MANIFEST: Final = "manifest.json"
"""The name under which Teams looks for it, at the top of the zip."""

_HERE: Final = Path(__file__).parent
_DRAWINGS: Final = {COLOR: _HERE / "color.svg", OUTLINE: _HERE / "outline.svg"}
_A_DATE: Final = (1980, 1, 1, 0, 0, 0)
_READABLE: Final = 0o644 << 16


def package(app: App) -> bytes:
    """Give the zip: the manifest, and every file that it names."""
    made = {MANIFEST: _json(manifest(app, translator(SOURCE)))}
    made |= {texts_file(language): _json(texts(app, translator(language))) for language in LANGUAGES}
    made |= {name: icon(name) for name in _DRAWINGS}
    zipped = BytesIO()
    with ZipFile(zipped, "w") as archive:
        for name, content in made.items():
            entry = ZipInfo(name, _A_DATE)
            entry.create_system = 3  # Unix wherever it is made; else the bytes would tell the systems apart
            entry.external_attr = _READABLE
            # Not compressed: it is small, and compression differs from one zlib to another.
            archive.writestr(entry, content, ZIP_STORED)
    return zipped.getvalue()


def version_of(file: Path) -> str | None:
    """Give the version of a package that was made before; None if there is none, or it cannot be read."""
    try:
        with ZipFile(file) as archive:
            version = json.loads(archive.read(MANIFEST))["version"]
    except (OSError, BadZipFile, LookupError, ValueError, TypeError):
        return None
    return version if isinstance(version, str) else None


def icon(name: str) -> bytes:
    """Draw an icon as PNG, in the size that its SVG has."""
    return resvg_py.svg_to_bytes(svg_path=str(_DRAWINGS[name]), skip_system_fonts=True)


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
