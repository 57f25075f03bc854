"""The local chat put together, for the front door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute

from adapters.local import sample
from adapters.local.app import Learn, routes
from adapters.local.chat import LocalChat
from adapters.local.directory import LocalDirectory
from adapters.local.gallery import PlatformRenderer
from adapters.local.platform import LocalPlatform
from adapters.local.sample import SampleKudos
from adapters.local.store import ChatStore
from bot.dispatch import Dispatch
from bot.gallery import examples
from bot.i18n import translator
from bot.identity import WorkspaceRef
from bot.points.model import Behaviour
from bot.points.words import in_language
from bot.ports import Clock


@dataclass(frozen=True, slots=True)
class Local:
    """The chat and its two ends. Call `chat.hub.close()` before the server waits for open requests to end."""

    workspace: WorkspaceRef
    name: str
    chat: LocalChat
    platform: LocalPlatform
    directory: LocalDirectory
    routes: list[BaseRoute]


def connect(
    store: ChatStore,
    clock: Clock,
    dispatch: Dispatch,
    learn: Learn,
    *,
    behaviours: Sequence[Behaviour],
    renderers: Mapping[str, PlatformRenderer],
) -> Local:
    """Put the sample contact centre's chat together. `renderers` draw for other platforms in the gallery."""
    chat = LocalChat(store, clock, sample.WORKSPACE)

    def tags(language: str) -> list[tuple[str, str]]:
        known = [in_language(translator(language), behaviour) for behaviour in behaviours]
        return [(each.tag, each.meaning) for each in known]

    served = routes(
        chat,
        dispatch,
        learn=learn,
        tags=tags,
        workspace_name=sample.NAME,
        examples=examples,
        renderers=renderers,
    )
    return Local(sample.WORKSPACE, sample.NAME, chat, LocalPlatform(chat), LocalDirectory(chat), served)


async def settle(chat: LocalChat) -> bool:
    """Bring the sample's people and channels in; False if somebody lives there already."""
    if (await chat.roster()).accounts:
        return False
    await chat.settle(sample.residents(), sample.channels())
    return True


async def fill(chat: LocalChat, clock: Clock, give: Callable[[SampleKudos], Awaitable[None]]) -> None:
    """Let the sample's month happen, oldest first: kudos through `give`, talk straight into the channels.

    Then everything counts as read.
    """
    now = clock.now()
    for kudos in sample.history(now):
        await give(kudos)
    for number, said in enumerate(sample.talk(now)):
        await chat.say(chat.channel(said.channel), said.author, said.text, f"sample:{number}", said.at)
    await chat.settle_unread()
