"""Microsoft's own renderer (npm `adaptivecards`), in a browser: what it makes of our cards, and what it objects to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, sync_playwright

from tests.requirements_here import require_chromium, require_judges

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_JUDGE: Final = """
({cards, host}) => {
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = text;
    result.didProcess = true;
  };
  return cards.map((json) => {
    const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_5);
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = new AdaptiveCards.HostConfig(host);
    card.parse(json, context);
    const complaints = [];
    for (let n = 0; n < context.eventCount; n++) complaints.push(context.getEventAt(n).message);
    const found = card.validateProperties();
    for (const event of found.validationEvents) complaints.push(event.message);
    const drawn = card.render();
    if (!drawn) return { complaints: [...complaints, "nothing was drawn"], text: "", inputs: [] };
    const figure = document.createElement("figure");
    figure.append(drawn);
    document.body.append(figure);
    return { complaints, text: drawn.innerText, inputs: card.getAllInputs().map((input) => input.id) };
  });
}
"""

_STYLE: Final = """
body { font: 14px "Segoe UI", sans-serif; background: #f5f5f5; margin: 16px; columns: 3; column-gap: 16px }
figure { margin: 0 0 16px; background: #fff; border-radius: 6px; box-shadow: 0 1px 3px #0003; break-inside: avoid }
.ac-pushButton { border: 1px solid #ccc; border-radius: 4px; background: #fff; padding: 5px 12px; font: inherit }
.ac-pushButton.style-positive { background: #5b5fc7; color: #fff; border-color: #5b5fc7 }
.ac-pushButton.style-destructive { color: #c4314b }
textarea, input[type=text], select { width: 100%; box-sizing: border-box; font: inherit; padding: 4px }
"""

HOST: Final[dict[str, Any]] = {
    "fontFamily": "Segoe UI, sans-serif",
    "containerStyles": {"emphasis": {"backgroundColor": "#f0f0f0"}},
    "actions": {"maxActions": 6, "actionsOrientation": "horizontal", "actionAlignment": "left", "buttonSpacing": 8},
}


@dataclass(frozen=True)
class Verdict:
    """What became of a card: objections, the text a reader sees, and the names of its inputs."""

    complaints: list[str]
    text: str
    inputs: list[str]


def judge(cards: Sequence[dict[str, Any]], picture: Path | None = None) -> list[Verdict]:
    """Draw cards on one page. Apart, as a test's own loop may be running."""
    require_judges()
    require_chromium()

    def work() -> list[Verdict]:
        with page() as drawn:
            found = drawn.evaluate(_JUDGE, {"cards": list(cards), "host": HOST})
            if picture:
                drawn.screenshot(path=str(picture), full_page=True)
            return [Verdict(**each) for each in found]

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


@contextmanager
def page() -> Iterator[Page]:
    """A page with the renderer and Teams' looks, roughly."""
    script = require_judges() / "node_modules" / "adaptivecards" / "dist" / "adaptivecards.js"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(require_chromium()), args=list(FLAGS))
        try:
            opened = browser.new_page(viewport={"width": 1400, "height": 900})
            opened.set_content(f"<!doctype html><style>{_STYLE}</style><body></body>")
            opened.add_script_tag(path=str(script))
            yield opened
        finally:
            browser.close()
