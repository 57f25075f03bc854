"""What a buyer does first: clone it, `./run demo`, look. On a machine with Python and git, and no uv that works."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.requirements_here import require_checkout

OF_THE_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "PIP_INDEX_URL", "UV_DEFAULT_INDEX")
"""What a machine may need to reach PyPI at all; nothing else is taken over but HOME, where uv keeps what it fetched."""


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """Clone what is committed."""
    checkout = require_checkout()
    # A checkout that belongs to somebody else, as in many a container, is as good.
    trusting = tmp_path / "gitconfig"
    trusting.write_text("[safe]\n\tdirectory = *\n")
    folder = tmp_path / "kudos"
    env = os.environ | {"GIT_CONFIG_GLOBAL": str(trusting)}
    subprocess.run(["git", "clone", "--quiet", checkout, folder], env=env, check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Give an environment with a Python of this version, and with a uv that ends in failure, as some shims do."""
    broken = tmp_path / "bin" / "uv"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    python = Path(sys._base_executable).parent  # type: ignore[attr-defined]  # no public name for it
    path = f"{broken.parent}:{python}:/usr/bin:/bin"
    kept = {name: os.environ[name] for name in OF_THE_NETWORK if name in os.environ}
    return {"HOME": os.environ["HOME"], "PATH": path, "PORT": "0", **kept}


async def test_an_empty_clone_answers_after_one_command(clone: Path, bare: dict[str, str]) -> None:
    demo = await asyncio.create_subprocess_exec("./run", "demo", cwd=clone, env=bare, stderr=asyncio.subprocess.PIPE)
    assert demo.stderr
    said = ""
    try:
        async with asyncio.timeout(300):
            while "Ctrl-C" not in said:
                line = await demo.stderr.readline()
                assert line, f"./run demo ended by itself:\n{said}"
                said += line.decode()
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert address, said
        async with httpx.AsyncClient(base_url=address[0], follow_redirects=True) as http:
            page = await http.get("/")
        assert page.status_code == 200
        assert "/kudos" in page.text
        demo.send_signal(signal.SIGTERM)
        assert await demo.wait() == 0
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()
    assert (clone / ".tools" / "uv" / "bin" / "uv").exists(), "it was not by the uv of its own"
