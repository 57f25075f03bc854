"""Everything that can be refused, and how a delivery can fail. Words for a person are in the rooms' `words` modules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class Code(StrEnum):
    """The closed list of refusals. Each has one sentence per language and a line in docs/reference."""

    NOBODY_NAMED = "nobody_named"
    UNKNOWN_PERSON = "unknown_person"
    NAMES_UNCLEAR = "names_unclear"
    EMPTY_GROUP = "empty_group"
    SELF_RECOGNITION = "self_recognition"
    RECEIVER_IS_BOT = "receiver_is_bot"
    RECEIVER_IS_GUEST = "receiver_is_guest"
    RECEIVER_HAS_LEFT = "receiver_has_left"
    TOO_MANY_RECEIVERS = "too_many_receivers"
    GIVER_NOT_MEMBER = "giver_not_member"
    UNKNOWN_BEHAVIOUR = "unknown_behaviour"
    TOO_MANY_BEHAVIOURS = "too_many_behaviours"
    REASON_MISSING = "reason_missing"
    REASON_TOO_SHORT = "reason_too_short"
    REASON_TOO_LONG = "reason_too_long"
    LINK_INVALID = "link_invalid"
    POINTS_OUT_OF_BOUNDS = "points_out_of_bounds"
    POINTS_AMBIGUOUS = "points_ambiguous"
    OVER_ALLOWANCE = "over_allowance"
    NOTHING_TO_UNDO = "nothing_to_undo"
    ALREADY_UNDONE = "already_undone"
    UNDO_TOO_LATE = "undo_too_late"
    NOT_YOUR_KUDOS = "not_your_kudos"
    BOARDS_OFF = "boards_off"
    NO_TEAM = "no_team"
    DIRECTORY_UNAVAILABLE = "directory_unavailable"
    TOO_SLOW = "too_slow"
    STALE_BUTTON = "stale_button"
    WORKSPACE_UNKNOWN = "workspace_unknown"
    NO_HOME = "no_home"
    NOT_YOUR_TEAM = "not_your_team"
    NOT_A_SUPERVISOR = "not_a_supervisor"
    NO_SUPERVISOR_NAMED = "no_supervisor_named"
    NO_MEMBERS = "no_members"
    TEAM_NAME_MISSING = "team_name_missing"
    TEAM_NAME_TAKEN = "team_name_taken"
    ZONE_UNKNOWN = "zone_unknown"
    TIME_UNCLEAR = "time_unclear"
    TIME_QUIET = "time_quiet"
    DATE_UNCLEAR = "date_unclear"
    DATE_PAST = "date_past"
    NUDGE_DAYS_OUT_OF_BOUNDS = "nudge_days_out_of_bounds"
    GROUP_UNKNOWN = "group_unknown"
    NO_DIGEST = "no_digest"
    NOT_AN_ADMIN = "not_an_admin"
    LINK_CODE_WRONG = "link_code_wrong"
    LINK_CODE_OWN = "link_code_own"
    TOO_MANY_CODES = "too_many_codes"


class RecognitionError(Exception):
    """A refusal that its reader can act on.

    `params` holds what the sentence needs (names, numbers, aware datetimes), never secrets and never platform syntax.
    `field` among them names the form's field that the refusal belongs beside.
    """

    def __init__(self, code: Code, **params: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.params = params


class FormError(RecognitionError):
    """Several refusals of one form at once, each by the field that it belongs beside. It counts as the first."""

    def __init__(self, problems: Mapping[str, RecognitionError]) -> None:
        first = next(iter(problems.values()))
        super().__init__(first.code, **first.params)
        self.problems = problems


class GoneError(Exception):
    """Nothing was written, as it was of somebody or something that is there no more.

    Two persons became one, or two organisations, since it was read: whoever looks anew finds them.
    """


class DeliveryError(Exception):
    """A call to a chat platform that did not give its answer."""


class Scope(StrEnum):
    """How much a platform's "not now" is about. UNSAID is one conversation or all: the platform does not say which."""

    CONVERSATION = "conversation"
    WORKSPACE = "workspace"
    UNSAID = "unsaid"


class TemporaryDeliveryError(DeliveryError):
    """Nothing was delivered and a later try may work.

    `retry_after` is what the platform asked for, if it did, and `scope` for how much.
    """

    def __init__(self, reason: str, retry_after: timedelta | None = None, scope: Scope = Scope.CONVERSATION) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.scope = scope


class PermanentDeliveryError(DeliveryError):
    """Nothing was delivered and no later try will work. `reason` is the platform's own word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BlockedError(PermanentDeliveryError):
    """Nothing was delivered, as the person whom it was for has blocked or removed the bot, which they may."""


class AmbiguousDeliveryError(DeliveryError):
    """The request went out and its answer was lost: it may or may not have been delivered."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
