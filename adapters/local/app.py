"""The local chat over HTTP: pages, posts and the live stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from adapters.local import words
from adapters.local.answering import Answering
from adapters.local.chat import LocalChat
from adapters.local.clock import Journey, Leap
from adapters.local.gallery import Examples, PlatformRenderer, gallery
from adapters.local.guard import Guard
from adapters.local.pages import Pages, Tags
from adapters.local.render import environment
from adapters.local.store import StoredMessage
from adapters.local.typed import COMMAND, command, segments
from adapters.local.window import Window, address, window
from bot.answer import Dispatch
from bot.i18n import language_of, translator, zone_of
from bot.identity import AccountRef
from bot.incoming import ButtonPressed, CommandTyped, FormSubmitted, Origin
from bot.ports import ChartRenderer, Profile, Receipt
from bot.view import codec
from bot.view.message import Buttons, Message, MessageKind

_PATIENCE: Final = 15.0
"""Seconds of silence after which a stream says what time it is: less than any proxy's patience."""

_BARE: Final = 2
"""Words of a bare subcommand, such as `/kudos undo`: refused, there is nothing in it to mend."""

_LOCALES: Final = {"en": "en-GB", "sv": "sv-SE"}
_LEAPS: Final = {"tomorrow": Leap.TOMORROW, "week": Leap.WEEK}
_THEMES: Final = frozenset({"light", "dark"})
_STATIC: Final = Path(__file__).parent / "static"

Learn: TypeAlias = Callable[[Profile], Awaitable[None]]
"""Tells the core what a person changed about themselves."""

Handler: TypeAlias = Callable[[Request, Window, FormData], Awaitable[Response]]


def routes(
    chat: LocalChat,
    dispatch: Dispatch,
    *,
    journey: Journey,
    learn: Learn,
    tags: Tags,
    workspace_name: str,
    examples: Examples,
    names: Mapping[str, str],
    renderers: Mapping[str, PlatformRenderer],
    charts: ChartRenderer | None = None,
) -> list[BaseRoute]:
    """Give the local chat's routes, to be mounted at the root.

    `journey` moves the chat's time. `learn` takes in what changed about a person. `tags` are the published behaviours
    in a language; `examples`, the `names` of their people by account id, and `renderers` (of the other platforms,
    by name) fill the gallery.
    """
    env = environment(charts)
    pages = Pages(chat, env, tags, workspace_name)
    served = _Served(chat, dispatch, pages, Answering(chat, env), journey=journey, learn=learn)

    async def shown(request: Request) -> Response:
        language = language_of(request.query_params.get("lang") or request.headers.get("accept-language", ""))
        return HTMLResponse(gallery(env, language, _theme(request), examples, names=names, renderers=renderers))

    here = "/as/{handle}/{place}"
    guarded = [
        Route("/", served.first),
        Route("/try/gallery", shown),
        Route("/as/{handle}", served.person),
        Route(here, served.page),
        Route(here + "/live", served.live),
        Route(here + "/say", served.posted(served.say), methods=["POST"]),
        Route(here + "/press", served.posted(served.press), methods=["POST"]),
        Route(here + "/submit", served.posted(served.submit), methods=["POST"]),
        Route(here + "/dismiss", served.posted(served.dismiss), methods=["POST"]),
        Route(here + "/clock", served.posted(served.clock), methods=["POST"]),
        Route(here + "/language", served.posted(served.language), methods=["POST"]),
    ]
    for route in guarded:
        route.app = Guard(route.app)
    return [*guarded, Mount("/static/local", StaticFiles(directory=_STATIC), name="local-static")]


class _Served:
    """What the routes share."""

    def __init__(
        self,
        chat: LocalChat,
        dispatch: Dispatch,
        pages: Pages,
        answering: Answering,
        *,
        journey: Journey,
        learn: Learn,
    ) -> None:
        self._chat = chat
        self._dispatch = dispatch
        self._journey = journey
        self._learn = learn
        self._pages = pages
        self._answering = answering

    def posted(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Give an endpoint that reads the window and the posted form first."""

        async def endpoint(request: Request) -> Response:
            found = await self._window(request)
            if found is None:
                return self._missing(request)
            async with request.form() as form:
                return await handler(request, found, form)

        return endpoint

    async def first(self, _request: Request) -> Response:
        """Lead to someone."""
        roster = await self._chat.roster()
        someone = next((one for one in roster.accounts.values() if roster.seen_by(one.profile.account.id)), None)
        if someone is None:
            return self._missing(_request)
        return RedirectResponse(f"/as/{someone.profile.handle}")

    async def person(self, request: Request) -> Response:
        """Lead to where a person is among their own: the smallest channel they are in."""
        roster = await self._chat.roster()
        me = roster.by_handle(request.path_params["handle"])
        places = roster.seen_by(me.profile.account.id) if me else []
        if me is None or not places:
            return self._missing(request)
        own = min(places, key=lambda place: (place.direct, len(place.members)))
        return RedirectResponse(address(me, own))

    async def page(self, request: Request) -> Response:
        """Show a window."""
        found = await self._window(request)
        if found is None:
            return self._missing(request)
        return HTMLResponse(await self._pages.page(found, _theme(request)), headers={"Cache-Control": "no-store"})

    async def live(self, request: Request) -> Response:
        """Stream what changes, beginning with how things stand."""
        found = await self._window(request)
        if found is None:
            return self._missing(request)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._changes(found), media_type="text/event-stream", headers=headers)

    async def say(self, _request: Request, here: Window, form: FormData) -> Response:
        """Take what was typed: a command for the bot, or something said."""
        typed, key = _text(form, "typed"), _text(form, "key")
        rest = "" if _text(form, "command") == COMMAND else command(typed)
        if rest is None and here.conversation.direct and not typed.startswith("/"):
            # Alone with the bot, everything said is said to it.
            rest = typed
        if rest is not None:
            shown = await self._command(here, rest, typed, key)
        elif typed.startswith("/"):
            unknown = words.unknown_command(here.t, typed.split()[0])
            shown = self._answering.toast(unknown) + self._answering.keep(typed)
        else:
            if typed.strip():
                await self._chat.say(here.ref, here.my_id, typed.strip(), f"said:{here.my_id}:{key}")
            shown = ""
        return await self._after(here, shown)

    async def _command(self, here: Window, rest: str, typed: str, key: str) -> str:
        answer = await self._dispatch.handle(CommandTyped(self._origin(here, key), segments(rest, here.roster)))
        shown = await self._answering.show(here, answer, key)
        match answer.reply:
            case Message(kind=MessageKind.REFUSAL) if len(typed.split()) > _BARE:
                return shown + self._answering.keep(typed)
            case Message(kind=MessageKind.FAULT):
                return shown + self._answering.keep(typed, key)
            case _:
                return shown

    async def press(self, _request: Request, here: Window, form: FormData) -> Response:
        """Take the press of a button, if the message that the person sees has such a button."""
        action, value, key = _text(form, "pressed"), _text(form, "carried"), _text(form, "key")
        pressed = await self._chat.message(here.ref, _text(form, "message"), here.my_id)
        if pressed is None or not _has_button(pressed, action, value):
            return await self._after(here, self._answering.toast(words.page_words(here.t)["gone"]))
        answer = await self._dispatch.handle(ButtonPressed(self._origin(here, key), action, value))
        return await self._after(here, await self._answering.show(here, answer, key, pressed))

    async def submit(self, _request: Request, here: Window, form: FormData) -> Response:
        """Take a form that was sent in."""
        key = _text(form, "key")
        given = FormSubmitted(
            self._origin(here, key),
            _text(form, "form_name"),
            _text(form, "form_state"),
            people={name: tuple(map(self._chat.account, ids)) for name, ids in _under(form, "people.").items()},
            choices={name: tuple(values) for name, values in _under(form, "choice.").items()},
            texts={name: values[0] for name, values in _under(form, "text.").items()},
        )
        fields = [str(name) for name in form.getlist("fields")]
        answer = await self._dispatch.handle(given)
        return await self._after(here, await self._answering.show(here, answer, key, fields=fields))

    async def dismiss(self, _request: Request, here: Window, form: FormData) -> Response:
        """Take away a private message."""
        found = await self._chat.message(here.ref, _text(form, "message"), here.my_id)
        if found is not None and found.private_to == here.my_id:
            await self._chat.remove(Receipt(here.ref, found.id))
        return await self._after(here, "")

    async def clock(self, _request: Request, here: Window, form: FormData) -> Response:
        """Move the chat's time forward, with all that happens on the way."""
        leap = _LEAPS.get(_text(form, "to"))
        if leap is None:
            return await self._after(here, "")
        zone = zone_of(here.me.profile.timezone)
        await self._journey.leap(leap, zone)
        await self._chat.redraw()
        return await self._after(here, self._answering.toast(words.moved(here.t, self._chat.now(), zone)))

    async def language(self, _request: Request, here: Window, form: FormData) -> Response:
        """Speak another language to this person from now on."""
        chosen = _LOCALES.get(_text(form, "language"))
        if chosen is not None:
            await self._learn(await self._chat.speak(here.me, chosen))
        return RedirectResponse(here.address, status_code=303)

    async def _window(self, request: Request) -> Window | None:
        roster = await self._chat.roster()
        return window(roster, request.path_params["handle"], request.path_params["place"])

    async def _after(self, here: Window, shown: str) -> Response:
        return HTMLResponse(f"{shown}\n{await self._pages.live(here)}")

    async def _changes(self, here: Window) -> AsyncIterator[str]:
        with self._chat.hub.subscribe() as subscription:
            yield _event(await self._pages.live(here))
            while not subscription.closed:
                changed = await subscription.changes(_PATIENCE)
                if here.conversation.id in changed:
                    yield _event(await self._pages.live(here))
                elif changed:
                    yield _event(await self._pages.rail(here))
                else:
                    # Also a sign of life: proxies end a stream that is silent for long.
                    yield _event(self._pages.clock(here))

    def _missing(self, request: Request) -> Response:
        t = translator(request.headers.get("accept-language", ""))
        return HTMLResponse(self._pages.problem(t, _theme(request)), status_code=404)

    def _origin(self, here: Window, key: str) -> Origin:
        sender = AccountRef(self._chat.workspace, here.my_id)
        return Origin(self._chat.workspace, sender, here.ref, f"{here.my_id}:{key}")


def _event(html: str) -> str:
    return "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"


def _has_button(message: StoredMessage, action: str, value: str) -> bool:
    if message.view is None:
        return False
    blocks = codec.decode(message.view).blocks
    rows = [block.buttons for block in blocks if isinstance(block, Buttons)]
    return any(button.action == action and button.value == value for row in rows for button in row)


def _theme(request: Request) -> str:
    theme = request.cookies.get("theme", "")
    return theme if theme in _THEMES else ""


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _under(form: FormData, prefix: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if name.startswith(prefix) and isinstance(value, str):
            found.setdefault(name.removeprefix(prefix), []).append(value.replace("\r\n", "\n"))
    return found
