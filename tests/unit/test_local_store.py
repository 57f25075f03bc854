"""The local chat's tables, on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.identity import AccountRef, ConversationRef, Platform, WorkspaceRef
from bot.ports import Profile
from storage.engine import Database
from storage.local_chat import LocalChatStore

HERE = WorkspaceRef(Platform.LOCAL, "here")
ELSEWHERE = WorkspaceRef(Platform.LOCAL, "elsewhere")
PHONE = ConversationRef(HERE, "phone")
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def a_profile(id, workspace=HERE, **changes):
    return Profile(AccountRef(workspace, id), id.title(), handle=id, **changes)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
async def store(request):
    database = Database.open(request.getfixturevalue(request.param))
    store = LocalChatStore(database)
    for handle in ("bo", "anna", "cat"):
        await store.put_account(a_profile(handle), "agent", "Phone")
    await store.put_conversation(PHONE, "phone", "", ["bo", "anna"], direct=False)
    yield store
    await database.close()


async def say(store, text, *, author="bo", minutes=0, **more):
    at = NOON + timedelta(minutes=minutes)
    return await store.add_message(PHONE, f"id-{text}", author=author, at=at, key=text, text=text, **more)


async def texts(store, viewer):
    return [message.text for message in await store.messages(PHONE, viewer, 50)]


async def test_people_come_in_the_order_they_were_added_and_workspaces_do_not_mix(store):
    await store.put_account(a_profile("dan", ELSEWHERE), "agent", "")
    await store.put_account(a_profile("bo", locale="sv-SE"), "supervisor", "Chat")
    assert [(one.profile.handle, one.role, one.profile.locale) for one in await store.accounts(HERE)] == [
        ("bo", "supervisor", "sv-SE"),
        ("anna", "agent", ""),
        ("cat", "agent", ""),
    ]


async def test_a_head_administers_the_chat(store):
    await store.put_account(a_profile("cat"), "head", "")
    assert {one.profile.handle: one.profile.admin for one in await store.accounts(HERE)} == {
        "bo": False,
        "anna": False,
        "cat": True,
    }


async def test_a_conversation_keeps_its_members_when_it_is_put_again(store):
    await store.put_conversation(PHONE, "phones", "topic", ["cat"], direct=False)
    (conversation,) = await store.conversations(HERE)
    assert conversation.members == ("bo", "anna", "cat")
    assert (conversation.name, conversation.topic) == ("phones", "topic")


async def test_messages_come_oldest_first_and_the_newest_are_kept(store):
    await say(store, "later", minutes=2)
    await say(store, "first")
    await say(store, "last", minutes=3)
    assert await texts(store, "anna") == ["first", "later", "last"]
    assert [message.text for message in await store.messages(PHONE, "anna", 2)] == ["later", "last"]


async def test_the_same_key_at_once_posts_once(store):
    ids = await asyncio.gather(
        *(store.add_message(PHONE, f"id{n}", author="bo", at=NOON, key="k", text="hej") for n in range(8))
    )
    assert len(set(ids)) == 1
    assert await texts(store, "anna") == ["hej"]


async def test_a_private_message_is_seen_by_one(store):
    await say(store, "secret", private_to="anna")
    assert await texts(store, "anna") == ["secret"]
    assert await texts(store, "bo") == []


async def test_a_removed_message_is_gone_cannot_change_and_its_key_stays_used(store):
    posted = await say(store, "oops")
    await store.remove_message(PHONE, posted, NOON)
    assert await texts(store, "bo") == []
    assert not await store.change_message(PHONE, posted, "{}", NOON)
    assert await say(store, "oops") == posted
    assert await texts(store, "bo") == []


async def test_a_changed_message_says_when(store):
    posted = await say(store, "hej")
    assert await store.change_message(PHONE, posted, "{}", NOON + timedelta(hours=1))
    message = await store.message(PHONE, posted)
    assert (message.view, message.edited_at) == ("{}", NOON + timedelta(hours=1))


async def test_a_message_is_found_by_key_from_a_time_on(store):
    posted = await say(store, "hej", minutes=5)
    found = await store.message_with_key(PHONE, "hej", NOON)
    assert found.id == posted
    assert await store.message_with_key(PHONE, "hej", NOON + timedelta(minutes=6)) is None


async def test_unread_counts_what_others_said_since(store):
    await say(store, "mine", author="anna")
    await say(store, "one")
    await say(store, "for bo alone", private_to="bo")
    removed = await say(store, "taken back", minutes=1)
    await store.remove_message(PHONE, removed, NOON)
    assert await store.unread(HERE, "anna") == {"phone": 1}
    assert await store.unread(HERE, "cat") == {}
    await store.mark_read(PHONE, "anna", NOON)
    assert await store.unread(HERE, "anna") == {}
    await say(store, "two", minutes=2)
    assert await store.unread(HERE, "anna") == {"phone": 1}


async def test_what_continues_a_message_follows_it_and_is_counted_with_it_once(store):
    first = await say(store, "the week")
    await say(store, "hej", minutes=1)
    await say(store, "more", minutes=2, under=first)
    await say(store, "and more", minutes=3, under=first)
    assert await texts(store, "anna") == ["the week", "more", "and more", "hej"]
    assert [message.under for message in await store.messages(PHONE, "anna", 50)] == [None, first, first, None]
    assert [message.text for message in await store.messages(PHONE, "anna", 1)] == ["hej"]
    assert await store.unread(HERE, "anna") == {"phone": 2}
    await store.mark_read(PHONE, "anna", NOON + timedelta(minutes=1))
    assert await store.unread(HERE, "anna") == {"phone": 1}


async def test_what_continues_a_removed_message_stands_by_itself(store):
    first = await say(store, "the week")
    await say(store, "more", minutes=2, under=first)
    await say(store, "hej", minutes=1)
    await store.remove_message(PHONE, first, NOON)
    assert await texts(store, "anna") == ["hej", "more"]
