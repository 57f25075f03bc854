"""What the container image promises, held against its recipe: no engine is needed to see that a promise is broken."""

import asyncio
import fnmatch
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")


def last(instruction):
    """Give the arguments of the last such instruction of the image that is run, not of those it is built from."""
    final = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[-1]
    return re.findall(rf"^{instruction} +(.+)$", final, re.MULTILINE)[-1]


def test_it_does_not_run_as_root_and_kubernetes_can_tell():
    assert int(last("USER").partition(":")[0]) > 0


def test_it_serves_unless_told_otherwise():
    assert json.loads(last("ENTRYPOINT")) == ["python", "-m", "kudos"]
    assert json.loads(last("CMD")) == ["serve"]


def test_it_keeps_its_data_where_the_default_database_is():
    assert last("VOLUME") == f"{last('WORKDIR')}/var"


def test_no_secret_is_baked_in():
    assert not re.search(r"^(ENV|ARG).*(SECRET|TOKEN|PASSWORD)", DOCKERFILE, re.MULTILINE)


def test_everything_copied_is_there_and_is_sent_to_the_builder():
    copied = [
        source
        for arguments in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for source in arguments.split()
    ]
    assert "bot" in copied
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for source in copied:
        assert (ROOT / source).exists()
        assert any(fnmatch.fnmatch(source, pattern) for pattern in sent)


def test_everything_the_bot_imports_from_here_is_copied():
    ours = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert [name for name in sorted(ours) if not re.search(rf"^COPY {name} {name}$", DOCKERFILE, re.MULTILINE)] == []


@pytest.mark.parametrize(("status", "healthy"), [("200 OK", True), ("503 Service Unavailable", False), (None, False)])
async def test_the_health_check_tells_health_from_illness(status, healthy, unused_tcp_port):
    asked = []

    async def answer(reader, writer):
        asked.append((await reader.readuntil(b"\r\n")).decode().split()[1])
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    _, *arguments = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    environment = {"PORT": str(unused_tcp_port), "http_proxy": "http://127.0.0.1:1"}
    server = await asyncio.start_server(answer, "127.0.0.1", unused_tcp_port) if status else None
    done = await asyncio.to_thread(subprocess.run, [sys.executable, *arguments], env=environment, capture_output=True)
    if server:
        server.close()
        await server.wait_closed()
        assert asked == ["/healthz"]
    assert (done.returncode == 0) is healthy
