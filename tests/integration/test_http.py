"""The web application and its server, as load balancers, scrapers and people meet them."""

import asyncio
import contextlib
import json
import os
import signal
import socket

import httpx
import pytest
import structlog
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

from adapters.http import CannotListenError, create_app, serve
from adapters.observability import PrometheusMetrics

SECRET = "xoxb-do-not-show"


@contextlib.asynccontextmanager
async def no_lifespan():
    yield


async def _hello(_):
    return PlainTextResponse("hello")


async def _broken(_):
    raise RuntimeError(SECRET)


async def _not_there(_):
    raise HTTPException(404)


def an_app(*, routes=(), readiness=None, lifespan=no_lifespan, metrics=None, **more):
    own = [Route("/hello", _hello), Route("/broken", _broken), Route("/nobody/{name}", _not_there), *routes]
    return create_app(
        routes=own, lifespan=lifespan, readiness=readiness or {}, metrics=metrics or PrometheusMetrics(), **more
    )


@contextlib.asynccontextmanager
async def client_of(app, base_url="http://kudos.test"):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url) as client:
        yield client


@contextlib.asynccontextmanager
async def served(app, stop):
    """Serve for real; give the address and the server's task."""
    address = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(app, "127.0.0.1", 0, stop, started=address.set_result))
    await asyncio.wait({task, address}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield await address, task
    finally:
        stop.set()
        await task


async def accepts_nothing_more(address):
    for _ in range(500):
        try:
            async with httpx.AsyncClient(base_url=address) as another:
                await another.get("/healthz")
        except httpx.TransportError:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_alive_does_not_depend_on_anything():
    async def away():
        return "the database is away"

    async with client_of(an_app(readiness={"database": away})) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_ready_when_every_check_says_so():
    async def fine():
        return None

    async with client_of(an_app(readiness={"database": fine, "migrations": fine})) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok", "migrations": "ok"}}


async def test_not_ready_says_what_is_missing_and_shows_no_secret(monkeypatch):
    monkeypatch.setattr("adapters.http.READINESS_LIMIT", 0.05)

    async def fine():
        return None

    async def behind():
        return "run python -m kudos migrate"

    async def hangs():
        await asyncio.Event().wait()

    async def fails():
        raise OSError(SECRET)

    checks = {"fine": fine, "migrations": behind, "database": hangs, "platform": fails}
    async with client_of(an_app(readiness=checks)) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "checks": {
            "fine": "ok",
            "migrations": "run python -m kudos migrate",
            "database": "no answer within 0.05 seconds",
            "platform": "OSError",
        },
    }


async def test_an_unexpected_error_is_a_500_whose_reference_is_in_the_log():
    with structlog.testing.capture_logs() as lines:
        async with client_of(an_app()) as client:
            answer = await client.get("/broken")
    assert answer.status_code == 500
    assert answer.json().keys() == {"error", "reference"}
    assert SECRET not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    (line,) = lines
    assert line["reference"] == answer.json()["reference"]
    assert line["exc_info"]


async def test_every_answer_carries_the_security_headers_unless_it_has_its_own():
    async def own(_):
        return PlainTextResponse("own", headers={"Content-Security-Policy": "default-src 'none'"})

    async with client_of(an_app(routes=[Route("/own", own)])) as client:
        for path in ("/hello", "/healthz", "/nobody/bo", "/missing"):
            headers = (await client.get(path)).headers
            assert headers["x-frame-options"] == "DENY"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
        policy = (await client.get("/own")).headers.get_list("content-security-policy")
    assert policy == ["default-src 'none'"]


async def test_metrics_tell_routes_apart_without_naming_who_was_asked_for():
    metrics = PrometheusMetrics()
    inner = Mount("/local", routes=[Route("/chat/{person}", _hello)])

    async def measure():
        metrics.gauge("kudos_outbox_messages", 2, state="failed")

    async with client_of(an_app(routes=[inner], metrics=metrics, measure=measure)) as client:
        for path in ("/broken", "/nobody/bo", "/missing"):
            await client.get(path)
        text = (await client.get("/metrics")).text
    assert 'kudos_http_seconds_count{route="/broken",status="500"} 1.0' in text
    assert 'kudos_http_seconds_count{route="/nobody/{name}",status="404"} 1.0' in text
    assert 'kudos_http_seconds_count{route="other",status="404"} 1.0' in text
    assert 'kudos_outbox_messages{state="failed"} 2.0' in text
    assert "bo" not in [part for line in text.splitlines() for part in line.split('"')]


async def test_an_app_of_its_own_is_asked_whatever_the_method_and_answered_for_like_all():
    class Door:
        async def __call__(self, scope, receive, send):
            if scope["method"] == "DELETE":
                raise RuntimeError(SECRET)
            await PlainTextResponse(scope["method"])(scope, receive, send)

    metrics = PrometheusMetrics()
    async with client_of(an_app(routes=[Route("/door", Door())], metrics=metrics)) as client:
        answers = [await client.request(method, "/door") for method in ("POST", "PATCH")]
        fault = await client.delete("/door")
        text = (await client.get("/metrics")).text
    assert [answer.text for answer in answers] == ["POST", "PATCH"]
    assert answers[0].headers["x-content-type-options"] == "nosniff"
    assert fault.status_code == 500
    assert fault.json().keys() == {"error", "reference"}
    assert 'kudos_http_seconds_count{route="/door",status="200"} 2.0' in text
    assert 'kudos_http_seconds_count{route="/door",status="500"} 1.0' in text


async def test_metrics_are_served_when_the_gauges_cannot_be_read():
    async def away():
        raise OSError

    async with client_of(an_app(measure=away)) as client:
        assert (await client.get("/metrics")).status_code == 200


async def test_other_names_for_this_machine_are_refused_where_asked():
    class Door:
        async def __call__(self, scope, receive, send):
            await PlainTextResponse("in")(scope, receive, send)

    app = an_app(allowed_hosts=["127.0.0.1"], routes=[Route("/door", Door())])
    for path in ("/hello", "/door"):
        async with client_of(app, "http://127.0.0.1:8000") as client:
            assert (await client.get(path)).status_code == 200
        async with client_of(app, "http://rebound.example:8000") as client:
            assert (await client.get(path)).status_code == 400


async def test_what_guards_a_route_guards_it_past_the_router_too():
    class Inner:
        async def __call__(self, scope, receive, send):
            await PlainTextResponse("in")(scope, receive, send)

    guarded = Route("/guarded", Inner())
    guarded.app = PlainTextResponse("no", 403)
    async with client_of(an_app(routes=[guarded])) as client:
        assert (await client.post("/guarded")).status_code == 403


async def test_on_sigterm_the_request_in_flight_is_finished_before_the_lifespan_ends():
    order = []
    came, let_go = asyncio.Event(), asyncio.Event()

    async def slow(_):
        came.set()
        await let_go.wait()
        order.append("request")
        return PlainTextResponse("done")

    @contextlib.asynccontextmanager
    async def lifespan():
        order.append("begin")
        yield
        order.append("end")

    stop = asyncio.Event()
    async with served(an_app(routes=[Route("/slow", slow)], lifespan=lifespan), stop) as (address, task):
        async with httpx.AsyncClient(base_url=address) as client:
            asked = asyncio.create_task(client.get("/slow"))
            await came.wait()
            os.kill(os.getpid(), signal.SIGTERM)
            await stop.wait()
            assert await accepts_nothing_more(address)
            let_go.set()
            assert (await asked).text == "done"
        await task
    assert order == ["begin", "request", "end"]


async def test_open_event_streams_end_cleanly_and_do_not_hold_a_shutdown_up():
    async def forever():
        yield "data: first\n\n"
        await asyncio.Event().wait()

    async def events(_):
        return StreamingResponse(forever(), media_type="text/event-stream")

    stop = asyncio.Event()
    async with (
        served(an_app(routes=[Route("/events", events)]), stop) as (address, task),
        httpx.AsyncClient(base_url=address) as client,
        client.stream("GET", "/events") as answer,
    ):
        lines = answer.aiter_lines()
        assert await anext(lines) == "data: first"
        stop.set()
        assert [line async for line in lines if line] == []
        await task


async def test_an_address_in_use_is_one_sentence_that_names_the_variable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListenError, match=f"PORT: cannot listen on 127.0.0.1:{port}"):
            await serve(an_app(), "127.0.0.1", port, asyncio.Event())


async def test_what_stops_the_start_reaches_the_caller():
    @contextlib.asynccontextmanager
    async def refuses():
        raise LookupError
        yield

    with pytest.raises(LookupError):
        await serve(an_app(lifespan=refuses), "127.0.0.1", 0, asyncio.Event())


async def test_nobody_learns_which_server_this_is():
    async with served(an_app(), asyncio.Event()) as (address, _), httpx.AsyncClient(base_url=address) as client:
        answer = await client.get("/healthz")
    assert "server" not in answer.headers
    assert json.loads(answer.content) == {"status": "ok"}
