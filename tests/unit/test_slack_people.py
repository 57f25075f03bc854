"""What of a Slack user object the core gets to know."""

import pytest

from adapters.slack.people import profile
from bot.identity import Platform, WorkspaceRef

HERE = WorkspaceRef(Platform.SLACK, "T1")


@pytest.mark.parametrize(
    ("said", "email"),
    [({"is_email_confirmed": False}, ""), ({"is_email_confirmed": True}, "a@x.example"), ({}, "a@x.example")],
)
def test_nobody_is_known_by_an_email_that_slack_has_not_confirmed(said, email):
    user = {"id": "U1", "profile": {"real_name": "Anna Ek", "email": "a@x.example"}} | said
    assert profile(user, HERE).email == email
