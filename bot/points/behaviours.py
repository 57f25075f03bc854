"""The behaviours that ship with the bot, until a programme edits them.

Each serves the customer, the colleague or the business, and each is something that all three would stand behind. None
is about speed or the number of contacts: those are counted already, and rewarding them costs the customer.
"""

from __future__ import annotations

from bot.i18n import LANGUAGES, Translator, translator
from bot.points.model import Behaviour, BehaviourWords, Serves


def default_behaviours() -> tuple[Behaviour, ...]:
    """Give the default behaviours in every language, in the order they are shown."""
    words = {language: _words(translator(language)) for language in LANGUAGES}
    return tuple(
        Behaviour(code, serves, {language: words[language][code] for language in LANGUAGES})
        for code, serves in (
            ("courtesy", Serves.CUSTOMER),
            ("ownership", Serves.CUSTOMER),
            ("quality", Serves.CUSTOMER),
            ("helpfulness", Serves.COLLEAGUE),
            ("rules", Serves.BUSINESS),
            ("ideas", Serves.BUSINESS),
        )
    )


def _words(t: Translator) -> dict[str, BehaviourWords]:
    return {
        "courtesy": BehaviourWords(
            t("courtesy"), t("Met the customer with warmth and respect, also when it was hard.")
        ),
        "ownership": BehaviourWords(t("ownership"), t("Stayed with the customer until it was sorted.")),
        "quality": BehaviourWords(t("quality"), t("Gave an answer that was right, clear and complete.")),
        "helpfulness": BehaviourWords(t("helpfulness"), t("Helped a colleague who needed a hand.")),
        "rules": BehaviourWords(t("rules"), t("Followed the rules when it would have been easier not to.")),
        "ideas": BehaviourWords(t("ideas"), t("Came with an idea that makes the service better.")),
    }
