"""What the reasons in `outbox` mean, and what helps. docs/reference/delivery.md has them too; a test compares them."""

from __future__ import annotations

import re
from typing import Final

REASONS: Final = {
    "MessageWritesBlocked": (
        "Teams: they have blocked or removed the bot. Nothing to mend; writing to it undoes it, and --retry asks Teams "
        "anew."
    ),
    "UserBlocked": (
        "Teams: they have blocked or removed the bot. Nothing to mend; writing to it undoes it, and --retry asks Teams "
        "anew."
    ),
    "BotNotInConversationRoster": (
        "Teams: the bot is not in this channel or group, or the person does not have the app. Add it, then --retry."
    ),
    "ConversationNotFound": "Teams: the channel, group or chat is no more. Set the team up where it meets now.",
    "no_chat_with_person: ConversationNotFound": (
        "Teams: this person cannot be written to: they have not installed the app, or have left. If they are still "
        "here, give it to them by a setup policy, then --retry."
    ),
    "BotDisabledByAdmin": "Teams: an administrator blocked the app. Allow it in the Teams admin center, then --retry.",
    "ForbiddenOperationException": "Teams: they do not have the app. Give it to them by a setup policy, then --retry.",
    "MessageSizeTooBig": "Teams: the message is larger than Teams takes. That is a fault of ours: please report it.",
    "BadArgument": "Teams does not take the message as it is. That is a fault of ours: please report it.",
    "BadSyntax": "Teams does not take the message as it is. That is a fault of ours: please report it.",
    "ActivityNotFoundInConversation": "Teams: the message that was to be changed has been deleted. Nothing to do.",
    "service_unknown": "Teams: the bot has met nobody in this tenant yet. Add the app to a team, then --retry.",
    "http_501": "An emulator does not know this call, as Agents Playground does not know deleting. Nothing to do.",
    "sign_in_unreachable": "https://login.microsoftonline.com did not answer this machine. It is tried again.",
    "invalid_client": "Microsoft does not take TEAMS_APP_PASSWORD. `python -m kudos doctor` says what is wrong.",
    "channel_not_found": "Slack: the channel is no more, or private and without the bot. Invite it, then --retry.",
    "not_in_channel": "Slack: the bot is not in this channel. Invite it (/invite @Kudos), then --retry.",
    "is_archived": "Slack: the channel is archived. Bring it back, or set the team up where it meets now.",
    "restricted_action": "Slack: the workspace does not let the bot post here. Change that, then --retry.",
    "user_not_found": "Slack: the person is not in this workspace any more. Nothing to do.",
    "message_not_found": "Slack: the message that was to be changed has been deleted. Nothing to do.",
    "cant_delete_message": "Slack: the workspace does not let the bot delete its message. Delete it by hand.",
    "missing_scope": "Slack: the app lacks a permission. Install it again from the present manifest, then --retry.",
    "invalid_auth": "Slack does not take SLACK_BOT_TOKEN. Copy it again, restart the bot, then --retry.",
    "token_revoked": "Slack: the app was removed or its token withdrawn. Install it again, then --retry.",
    "account_inactive": "Slack: the app was removed or its token withdrawn. Install it again, then --retry.",
    "workspace_not_connected": "It was for a workspace or tenant that is not configured any more. Nothing to do.",
    "cannot_be_asked": "It may have arrived and Teams cannot be asked. Look there, and --retry if it did not.",
    "unreachable": "The platform could not be reached from this machine. It is tried again.",
}
"""By the platform's word, or ours."""

_LOOK: Final = "It may have arrived. Look in the conversation, and --retry if it did not."
_LATER: Final = "The platform was busy or in trouble. It is tried again."
_PATTERNS: Final = (
    (re.compile(r"AADSTS\d+"), REASONS["invalid_client"]),
    (re.compile(r"unreadable: .*"), "Another release put it, and this one cannot read it. Run that one, or let it be."),
    (re.compile(r"(?:what it is about )?may have arrived: .*"), _LOOK),
    (
        re.compile(r"http_5\d\d|http_4(?:12|29)|Throttled|ServiceError|ratelimited|the workspace asked for a pause"),
        _LATER,
    ),
    (re.compile(r"no answer within .*|\w+(?:Error|Exception)"), "The answer was lost, so it may have arrived."),
    (re.compile(r"unexpected .*"), "A fault of ours, in the log as delivery_unexpected_error. Please report it."),
)
_A_DAY: Final = "given up after a day: "
_NO_CHAT: Final = "no_chat_with_person: "
_NO_CHAT_MEANS: Final = (
    "Teams: no chat can be begun with them, mostly as they do not have the app. Give it to them by a setup policy, "
    "then --retry."
)


def meaning_of(reason: str) -> str:
    """Say what a reason means and what helps; nothing if it is none that is known."""
    if reason.startswith(_A_DAY):
        why = meaning_of(reason.removeprefix(_A_DAY)).removesuffix(" It is tried again.")
        return f"It did not go out within a day. {why}".rstrip()
    if reason in REASONS:
        return REASONS[reason]
    if reason.startswith(_NO_CHAT):
        return REASONS.get(reason.removeprefix(_NO_CHAT), _NO_CHAT_MEANS)
    return next((meaning for pattern, meaning in _PATTERNS if pattern.fullmatch(reason)), "")
