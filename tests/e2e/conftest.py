"""The demo in real Chromium: `python -m kudos demo` on a database of its own, and windows on it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.requirements_here import require_chromium

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Open = Callable[..., Page]

# A busy machine is slow, and nothing here is about how fast it is.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo is served."""
    folder = tmp_path_factory.mktemp("demo")
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder / 'kudos.db'}", "PORT": "0"}
    with (folder / "log").open("w+", encoding="utf-8") as log:
        demo = subprocess.Popen([sys.executable, "-m", "kudos", "demo"], env=environment, stderr=log, stdout=log)
        try:
            yield _announced(demo, folder / "log")
        finally:
            demo.terminate()
            with suppress(subprocess.TimeoutExpired):
                demo.wait(30)
            demo.kill()
            demo.wait()


def _announced(demo: subprocess.Popen[bytes], log: Path) -> str:
    while demo.poll() is None:
        found = re.search(r"Kudos is at (http://\S+)", log.read_text(encoding="utf-8"))
        if found:
            return found[1]
        with suppress(subprocess.TimeoutExpired):
            demo.wait(0.1)
    pytest.fail(log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = require_chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Open]:
    """Opens windows, each with its own browser profile. Nothing may go wrong in any of them unseen."""
    contexts = []
    faults: list[str] = []

    def open_window(path: str, *, mishaps: bool = False, **options: object) -> Page:
        context = browser.new_context(viewport=options.pop("viewport", {"width": 1280, "height": 800}), **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        if not mishaps:
            page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.goto(address + path)
        # The stream has begun: what happens from here on arrives.
        expect(page.locator("#main[data-htmx-powered]")).to_be_visible()
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert faults == []
