"""What Teams says of a person or a place, read: from what somebody did, or from a list of members."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from adapters.teams.activity import Account, Activity
from adapters.teams.store import Contact, Place
from bot.hygiene import clean
from bot.identity import ConversationRef, WorkspaceRef
from bot.ports import Standing

CARD: Final = "adaptiveCard/action"
HAPPENED: Final = frozenset({"conversationUpdate", "installationUpdate"})

_OWN: Final = HAPPENED | {"message"}
_NAME: Final = 80


def place_of(activity: Activity, workspace: WorkspaceRef) -> Place | None:
    """Give the channel or group that the bot is in, as an activity shows; None for a chat between two."""
    conversation = activity.conversation if _is_own(activity) else None
    if conversation is None or not conversation.id or conversation.personal:
        return None
    return Place(ConversationRef(workspace, conversation.place), activity.service_url or "", team_of(activity))


def team_of(activity: Activity) -> str:
    """Give Teams' id of the team that an activity is about; empty if it is about none."""
    team = activity.channel_data.team if activity.channel_data else None
    return (team.id or team.aad_group_id or "") if team else ""


def chat_of(activity: Activity) -> str:
    """Give the id of the sender's own chat with the bot; empty if the activity is not from there."""
    conversation = activity.conversation if _is_own(activity) else None
    return conversation.id if conversation and conversation.personal else ""


def sender_of(activity: Activity) -> str:
    """Give the directory id of whoever acted, in small letters; empty if nobody did who has one."""
    return (activity.sender.aad_object_id or "").lower() if activity.sender else ""


def acted(known: Contact, activity: Activity, tenant: str) -> Contact:
    """Give what is known of an activity's sender once it was read."""
    sender = activity.sender or Account()
    chat = chat_of(activity)
    locale, timezone = _settings(activity)
    return Contact(
        known.account,
        address=sender.id or known.address,
        name=clean(sender.name or "", _NAME) or known.name,
        email=known.email,
        locale=locale or known.locale,
        timezone=timezone or known.timezone,
        standing=_standing_of_sender(sender.tenant_id or "", tenant, known.standing),
        chat=chat or known.chat,
        service=activity.service_url or known.service,
        # Who writes to the bot wants to hear from it.
        blocked_at=None if chat else known.blocked_at,
    )


def _standing_of_sender(theirs: str, tenant: str, known: Standing) -> Standing:
    if _is_foreign(theirs, tenant):
        return Standing.STRANGER
    # Who acts has not left. If they are a guest, the place that they are in tells.
    return Standing.MEMBER if known is Standing.LEFT else known


def member_of(member: dict[str, Any]) -> str:
    """Give the directory id of a conversation's member, in small letters; empty if there is none."""
    return (_text(member, "aadObjectId") or _text(member, "objectId")).lower()


def described(known: Contact, member: dict[str, Any], tenant: str, service: str) -> Contact:
    """Give what is known of a conversation's member once it was read how Teams describes them."""
    return replace(
        known,
        address=_text(member, "id") or known.address,
        name=clean(_text(member, "name"), _NAME) or known.name,
        email=_text(member, "email") or known.email,
        standing=standing(member, tenant, known.standing),
        service=known.service or service,
    )


def standing(member: dict[str, Any], tenant: str, known: Standing = Standing.MEMBER) -> Standing:
    """Say what a member of a conversation is, in a tenant, who was `known` as something.

    An id belongs to one tenant for good: a stranger stays one unless Teams says that they are of this tenant. With an
    empty one nobody is a stranger.
    """
    theirs = _text(member, "tenantId")
    if _is_foreign(theirs, tenant) or (known is Standing.STRANGER and tenant and not theirs):
        return Standing.STRANGER
    if _text(member, "userRole") in {"guest", "anonymous"}:
        return Standing.GUEST
    return Standing.MEMBER


def _is_own(activity: Activity) -> bool:
    """Say whether the bot is where it happened.

    A message's menu and the compose box offer the form in any chat of its person, also where the bot is not.
    """
    return activity.type in _OWN or activity.name == CARD


def _is_foreign(theirs: str, tenant: str) -> bool:
    return bool(theirs and tenant) and theirs.casefold() != tenant.casefold()


def _text(member: dict[str, Any], name: str) -> str:
    value = member.get(name)
    return value if isinstance(value, str) else ""


def _settings(activity: Activity) -> tuple[str, str]:
    """Give the locale and the time zone of the sender's device."""
    info = next((entity for entity in activity.entities or () if entity.type == "clientInfo"), None)
    locale = activity.locale or (info.locale if info else None) or ""
    timezone = activity.local_timezone or (info.timezone if info else None) or ""
    return locale[:35], timezone[:64]
