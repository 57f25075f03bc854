"""What the page itself says. What the bot says is the core's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Final

from babel.dates import format_datetime

from bot.i18n import Translator

ROLES: Final = ("agent", "supervisor", "head")
"""What a person of the chat can be. Shown only; the core has its own roles."""


def page_words(t: Translator) -> Mapping[str, str]:
    """Give every fixed text of the page, by the name that the templates use."""
    return {
        "skip": t("Skip to the messages"),
        "channels": t("Channels"),
        "bot_chats": t("Direct messages"),
        "places": t("Channels and conversations"),
        "open_places": t("Show channels"),
        "close": t("Close"),
        "bot_role": t("App"),
        "bot_topic": t("Your own conversation with Kudos. Only you see it."),
        "you_are": t("You are"),
        "try": t("Try it"),
        "try_undo": t("See it arrive in both windows. Then press Undo."),
        "try_tomorrow": t("Press Tomorrow: your conversation with Kudos tells you whom to notice."),
        "clock": t("The demo's clock"),
        "clock_mark": t("Demo"),
        "clock_hint": t("Moves this chat's own time forward, and what is due by then comes: prompts and digests."),
        "tomorrow": t("Tomorrow"),
        "week_later": t("A week later"),
        "be_someone": t("Be someone else"),
        "be_someone_hint": t("A second window can be a second person: that is how to see messages arrive."),
        "find_person": t("Find a person"),
        "nobody_found": t("Nobody of that name"),
        "new_window": t("New window"),
        "light": t("Light"),
        "dark": t("Dark"),
        "theme": t("Switch between light and dark"),
        "language": t("Language"),
        "messages": t("Messages"),
        "members": t("Members"),
        "empty_channel": t("Nothing here yet. Be the first to thank someone."),
        "empty_bot": t("What Kudos tells you alone is kept here."),
        "only_you": t("Only you can see this"),
        "dismiss": t("Dismiss"),
        "edited": t("edited"),
        "compose": t("Message"),
        "compose_bot": t("Write to Kudos"),
        "send": t("Send"),
        "give": t("Give kudos"),
        "hint_command": t("/kudos thanks a colleague"),
        "hint_name": t("@ names a person"),
        "hint_tag": t("# names a behaviour"),
        "hint_send": t("Enter sends, Shift and Enter starts a new line"),
        "newest": t("New messages"),
        "suggestions": t("Suggestions"),
        "remove_person": t("Remove"),
        "add_person": t("Type a name"),
        "optional": t("optional"),
        "lost": t("The connection was lost. Trying again."),
        "gone": t("That button is no longer there."),
        "failed": t("That did not go through. Please try again."),
        "gallery": t("Every message and form"),
        "gallery_intro": t("What the bot says and asks, drawn for each platform from example data."),
        "back": t("Back to the chat"),
        "form": t("Form"),
        "local_chat": t("Local chat"),
        "not_found": t("There is nothing here"),
        "not_found_hint": t("The address may be mistyped, or this person is not in that conversation."),
    }


def role_name(t: Translator, role: str) -> str:
    """Name what a person is."""
    match role:
        case "supervisor":
            return t("supervisor")
        case "head":
            return t("head of the contact centre")
        case _:
            return t("agent")


def try_name(t: Translator, handle: str) -> str:
    """Say how to begin, with the handle of somebody to thank."""
    return t("Type /kudos @{handle} and what they did, or press Give kudos.", handle=handle)


def try_window(t: Translator, name: str) -> str:
    """Offer a second window as somebody else."""
    return t("Be {name} in a second window.", name=name)


def try_supervisor(t: Translator, name: str) -> str:
    """Suggest being the one who leads the team."""
    return t("Be {name}, who leads the team, and press Tomorrow.", name=name)


def sample_words(t: Translator, written: str) -> str:
    """Give a team's name or a channel's topic of the sample in the reader's language; any other as it is written."""
    known = {
        "Phone": t("Phone"),
        "E-mail": t("E-mail"),
        "Chat": t("Chat"),
        "Everyone at Northlight. News, thanks and birthdays.": t("Everyone at Northlight. News, thanks and birthdays."),
        "Team Phone: who is on, what is odd today, who did well.": t(
            "Team Phone: who is on, what is odd today, who did well."
        ),
        "Team E-mail: templates, tricky cases, thanks.": t("Team E-mail: templates, tricky cases, thanks."),
        "Team Chat: live chat and messaging, 08–20.": t("Team Chat: live chat and messaging, 08–20."),
    }
    return known.get(written, written)


def unread_words(t: Translator, n: int) -> str:
    """Say how much is unread, for those who cannot see the badge."""
    return t.many("{n} unread message", "{n} unread messages", n)


def member_words(t: Translator, n: int) -> str:
    """Say how many are in a channel."""
    return t.many("{n} member", "{n} members", n)


def reply_words(t: Translator, n: int) -> str:
    """Say how many messages continue one."""
    return t.many("{n} reply", "{n} replies", n)


def clock_words(at: datetime, zone: tzinfo) -> str:
    """Write a time of day."""
    return at.astimezone(zone).strftime("%H:%M")


def now_words(t: Translator, now: datetime, zone: tzinfo) -> str:
    """Say what day and time it is in the chat, in little room."""
    return format_datetime(now.astimezone(zone), "EEE d MMM HH:mm", locale=t.language)


def moved(t: Translator, now: datetime, zone: tzinfo) -> str:
    """Say what time it has become."""
    return t("In the demo it is now {day}, {clock}.", day=t.day(now, zone), clock=clock_words(now, zone))


def unknown_command(t: Translator, written: str) -> str:
    """Say that a slash command is none of ours."""
    return t("There is no command {command} here. Try /kudos help.", command=written)


def day_words(t: Translator, at: datetime, now: datetime, zone: tzinfo) -> str:
    """Name a day as one does in talk: today, yesterday, or the date."""
    days = (now.astimezone(zone).date() - at.astimezone(zone).date()) // timedelta(days=1)
    match days:
        case 0:
            return t("Today")
        case 1:
            return t("Yesterday")
        case _:
            day = t.day(at, zone)
            return day[:1].upper() + day[1:]


def command_hints(t: Translator) -> list[tuple[str, str]]:
    """Give what can follow `/kudos`, with what each does, for the completion."""
    return [
        ("/kudos", t("Opens the form, or thank someone in one line: /kudos @name why #behaviour")),
        ("/kudos me", t("What you gave and got, and what you have left")),
        ("/kudos team", t("Your team's week")),
        ("/kudos behaviours", t("What is worth recognising")),
        ("/kudos undo", t("Takes back your last kudos")),
        ("/kudos digest", t("What your team's next digest says so far")),
        ("/kudos away until", t("Says until when you are away: Friday, 3 January, in two weeks")),
        ("/kudos nudges", t("For supervisors: whom you have not recognised for a while")),
        ("/kudos setup", t("This channel's team: its people, its digest, its nudges")),
        ("/kudos help", t("Examples to copy")),
    ]
