"""A bar chart as SVG that we write ourselves, and as PNG through resvg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

import resvg_py

from bot.view.message import Bar, Chart

FONT: Final = Path(__file__).parent / "font" / "Inter_500Medium.ttf"
"""The one font of every picture: whatever fonts a machine has, it looks the same."""

WIDTH: Final = 600
HEIGHT: Final = 250
ZOOM: Final = 2
"""A picture has this many pixels to a unit: 1,200 × 500, sharp on a phone, where about 360 points of width are free."""

_EDGE: Final = 14
_TOP: Final = 44
_BASE: Final = 204
_LABELS: Final = 234
_VALUE_SIZE: Final = 24.0
_LABEL_SIZE: Final = 20.0
_LEAST_SIZE: Final = 11.0
_GLYPH: Final = 0.6
"""Width of a character of this font as a part of its size, on the broad side."""

_EARLIER: Final = 0.45
"""How strongly weeks before the latest are drawn: paler on a light ground, dimmer on a dark one."""

_STUB: Final = 3.0
"""Height of a bar of zero: the week is there, and nothing was in it."""


@dataclass(frozen=True, slots=True)
class _Colours:
    ground: str | None
    ink: str
    soft: str
    bar: str


_ON_PAGE: Final = _Colours(None, "currentColor", "currentColor", "#14a08f")
"""No ground, and the text in the page's own colour: readable in its light and its dark scheme."""

_IN_CHAT: Final = _Colours("#ffffff", "#1b2220", "#57605c", "#0f766e")
"""On a ground of its own, as nobody can know which scheme the chat is in."""


class Charts:
    """Draws charts. Satisfies `bot.ports.ChartRenderer`."""

    def svg(self, chart: Chart) -> str:
        """Give an SVG document for a page."""
        return _document(chart.bars, chart.text, _ON_PAGE)

    def png(self, chart: Chart) -> bytes:
        """Give a picture for a chat. It takes some 30 ms of a processor: not for the event loop."""
        return resvg_py.svg_to_bytes(
            svg_string=_document(chart.bars, chart.text, _IN_CHAT),
            zoom=ZOOM,
            skip_system_fonts=True,
            font_files=[str(FONT)],
            font_family="Inter",
        )


def _document(bars: tuple[Bar, ...], text: str, colours: _Colours) -> str:
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="{colours.ground}"/>' if colours.ground else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(text)}" font-family="Inter, Inter Variable, sans-serif" font-weight="500" '
        f'text-anchor="middle">{ground}{"".join(_bars(bars, colours))}'
        f'<path d="M{_EDGE} {_BASE}H{WIDTH - _EDGE}" stroke="{colours.soft}" stroke-opacity="0.4"/></svg>'
    )


def _bars(bars: tuple[Bar, ...], colours: _Colours) -> Iterator[str]:
    slot = (WIDTH - 2 * _EDGE) / max(len(bars), 1)
    width = min(slot * 0.6, 60)
    highest = max((bar.value for bar in bars), default=0) or 1
    values = _size([str(bar.value) for bar in bars], _VALUE_SIZE, slot)
    labels = _size([bar.label for bar in bars], _LABEL_SIZE, slot)
    for index, bar in enumerate(bars):
        middle = _EDGE + slot * (index + 0.5)
        height = max((_BASE - _TOP) * bar.value / highest, _STUB)
        latest = index == len(bars) - 1
        yield (
            f'<rect x="{middle - width / 2:.1f}" y="{_BASE - height:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="{min(5, height / 2):.1f}" fill="{colours.bar}" fill-opacity="{1 if latest else _EARLIER}"/>'
        )
        yield _text(str(bar.value), middle, _BASE - height - 9, values, colours.ink)
        yield _text(_cut(bar.label, labels, slot), middle, _LABELS, labels, colours.ink if latest else colours.soft)


def _size(texts: list[str], most: float, slot: float) -> float:
    """Give the size at which all of them fit their slots; all of one kind have the same."""
    longest = max(map(len, texts), default=0) or 1
    return max(min(most, slot / (longest * _GLYPH)), _LEAST_SIZE)


def _cut(text: str, size: float, slot: float) -> str:
    # Where the size was chosen to make it fit, dividing again may come out a hair below.
    fits = int(slot / (size * _GLYPH) + 0.001)
    return text if len(text) <= fits else text[: max(fits - 1, 0)] + "…"


def _text(text: str, x: float, y: float, size: float, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" fill="{colour}">{escape(text)}</text>'
