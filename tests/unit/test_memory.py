"""What was read lately is known for a while, and only so much of it."""

from __future__ import annotations

from bot.memory import Memory


class Seconds:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_known_until_its_time_is_over() -> None:
    seconds = Seconds()
    memory: Memory[str, int] = Memory(10, 60, seconds)
    memory.keep("a", 1)
    seconds.now += 59
    assert memory.get("a") == 1
    seconds.now += 1
    assert memory.get("a") is None
    memory.keep("a", 2)
    assert memory.get("a") == 2


def test_what_was_never_kept_or_is_forgotten_is_not_known() -> None:
    memory: Memory[str, int] = Memory(10, 60, Seconds())
    assert memory.get("a") is None
    memory.keep("a", 1)
    memory.forget("a")
    memory.forget("b")
    assert memory.get("a") is None


def test_the_oldest_makes_room() -> None:
    memory: Memory[str, int] = Memory(2, 60, Seconds())
    memory.keep("a", 1)
    memory.keep("b", 2)
    memory.keep("a", 3)
    memory.keep("c", 4)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (3, None, 4)
