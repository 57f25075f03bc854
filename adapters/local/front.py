"""The local chat put together, for the front door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute

from adapters.local import sample
from adapters.local.app import Learn, routes
from adapters.local.chat import LocalChat
from adapters.local.clock import Journey
from adapters.local.directory import LocalDirectory
from adapters.local.gallery import PlatformRenderer
from adapters.local.platform import LocalPlatform
from adapters.local.store import ChatStore
from bot.answer import Dispatch
from bot.gallery import NAMES, examples
from bot.i18n import translator
from bot.identity import WorkspaceRef
from bot.points.model import Behaviour
from bot.points.words import in_language
from bot.ports import ChartRenderer, Clock


@dataclass(frozen=True, slots=True)
class Local:
    """The chat and its two ends."""

    workspace: WorkspaceRef
    name: str
    chat: LocalChat
    platform: LocalPlatform
    directory: LocalDirectory


def connect(store: ChatStore, clock: Clock) -> Local:
    """Put the sample contact centre's chat together."""
    chat = LocalChat(store, clock, sample.WORKSPACE)
    return Local(sample.WORKSPACE, sample.NAME, chat, LocalPlatform(chat), LocalDirectory(chat))


def pages(
    local: Local,
    dispatch: Dispatch,
    learn: Learn,
    *,
    journey: Journey,
    behaviours: Sequence[Behaviour],
    renderers: Mapping[str, PlatformRenderer],
    charts: ChartRenderer,
) -> list[BaseRoute]:
    """Give the chat's pages. `journey` moves the chat's clock; `renderers` draw for other platforms in the gallery."""

    def tags(language: str) -> list[tuple[str, str]]:
        known = [in_language(translator(language), behaviour) for behaviour in behaviours]
        return [(each.tag, each.meaning) for each in known]

    return routes(
        local.chat,
        dispatch,
        journey=journey,
        learn=learn,
        tags=tags,
        workspace_name=local.name,
        examples=examples,
        names=NAMES,
        renderers=renderers,
        charts=charts,
    )
