"""A Slack Web API that says yes to everything, for the bench: anybody exists, and every post arrives."""

from __future__ import annotations

import itertools
import sys

from aiohttp import web

_posts = itertools.count(1)


async def answer(request: web.Request) -> web.Response:
    """Answer any method."""
    sent = await request.post()
    method = request.path.rsplit("/", 1)[-1]
    who = sent.get("user") or request.query.get("user") or "U1"
    match method:
        case "auth.test":
            told = {"team_id": "T1", "team": "Bench", "user_id": "U0BOT", "bot_id": "B0BOT", "url": "https://x.example"}
        case "users.info":
            told = {"user": {"id": who, "team_id": "T1", "name": str(who).lower(), "real_name": f"Person {who}"}}
            told["user"] |= {"tz": "Europe/Stockholm", "locale": "en-GB", "profile": {"real_name": f"Person {who}"}}
        case "conversations.info":
            told = {"channel": {"id": "C1", "is_channel": True, "is_member": True, "is_private": False}}
        case "conversations.open":
            told = {"channel": {"id": f"D{sent.get('users')}"}}
        case _:
            told = {"channel": str(sent.get("channel", "C1")), "ts": f"1700000000.{next(_posts):06}"}
    return web.json_response({"ok": True, **told})


if __name__ == "__main__":
    app = web.Application()
    app.router.add_route("*", "/api/{method}", answer)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
