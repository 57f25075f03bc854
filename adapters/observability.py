"""What the operator sees: log lines without secrets, metrics for Prometheus, and the time they carry."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from structlog.typing import EventDict, Processor, WrappedLogger

from adapters.settings import LogFormat

REDACTED: Final = "[redacted]"

# Slack's tokens by their prefixes; what follows an authorisation scheme; the password in an address.
_SECRET_TEXT: Final = re.compile(
    r"\bxox[a-z]{1,2}[-.][\w.-]+|\bxapp-[\w-]+|(?<=\bbearer )\S+|(?<=\bbasic )\S+|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)",
    re.IGNORECASE,
)
_SECRET_NAME: Final = re.compile(r"secret|token|password|authorization|cookie|signature|database_url", re.IGNORECASE)

_CHATTY: Final = ("aiosqlite", "alembic", "apscheduler", "asyncio", "httpx", "slack_bolt", "slack_sdk")
"""Libraries that say more than an operator wants below WARNING."""


class SystemClock:
    """The time as this machine has it."""

    def now(self) -> datetime:
        """Give the current time, aware, in UTC."""
        return datetime.now(UTC)


class Redactor:
    """Takes secrets out of log lines: known values, things shaped like one, and fields named like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values = tuple(sorted({secret for secret in secrets if secret}, key=len, reverse=True))

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Do so, as a structlog processor."""
        return {name: self._field(name, value) for name, value in event.items()}

    def _field(self, name: object, value: object) -> object:
        if isinstance(name, str) and _SECRET_NAME.search(name) and isinstance(value, str | bytes):
            return REDACTED
        return self._value(value)

    def _value(self, value: object) -> object:
        match value:
            case None | bool() | int() | float():
                return value
            case Mapping():
                return {self._text(str(name)): self._field(name, inner) for name, inner in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._value(inner) for inner in value]
            case _:
                return self._text(str(value))

    def _text(self, text: str) -> str:
        for known in self._values:
            text = text.replace(known, REDACTED)
        return _SECRET_TEXT.sub(REDACTED, text)


def configure_logging(
    log_format: LogFormat, level: str, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send structlog's and the standard library's log lines to `stream` (the error output) in one shape.

    `secrets` are values that must never appear, whatever shape they have.
    """
    output = stream or sys.stderr
    as_json = log_format is LogFormat.JSON or (log_format is LogFormat.AUTO and not output.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        Redactor(secrets),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=output.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class MetricKind(StrEnum):
    """What a metric does over time."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Declared:
    """One metric, as it is exported and as docs/reference/metrics.md explains it."""

    name: str
    kind: MetricKind
    labels: tuple[str, ...]
    meaning: str


METRICS: Final = (
    Declared("kudos_acts_total", MetricKind.COUNTER, ("outcome",), "Acts answered, by what came of them."),
    Declared("kudos_deliveries_total", MetricKind.COUNTER, ("platform", "outcome"), "Calls to deliver a message."),
    Declared("kudos_delivery_seconds", MetricKind.HISTOGRAM, ("platform",), "From decided to delivered."),
    Declared("kudos_http_seconds", MetricKind.HISTOGRAM, ("route", "status"), "Time to answer an HTTP request."),
    Declared("kudos_outbox_messages", MetricKind.GAUGE, ("state",), "Messages in the outbox, by state."),
    Declared("kudos_schedule_runs_total", MetricKind.COUNTER, ("kind", "outcome"), "What was due, by what came of it."),
)

_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300)
"""Seconds. 3 is Slack's limit for an answer; the long end is for deliveries that had to wait for the platform."""


class PrometheusMetrics:
    """`bot.ports.Metrics` over a registry of its own, so that two applications in one process do not mix.

    Only metrics declared in METRICS exist; any other name is a KeyError.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self._gauges: dict[str, Gauge] = {}
        for metric in METRICS:
            arguments = (metric.name, metric.meaning, metric.labels)
            match metric.kind:
                case MetricKind.COUNTER:
                    self._counters[metric.name] = Counter(*arguments, registry=self._registry)
                case MetricKind.HISTOGRAM:
                    self._histograms[metric.name] = Histogram(*arguments, buckets=_BUCKETS, registry=self._registry)
                case MetricKind.GAUGE:
                    self._gauges[metric.name] = Gauge(*arguments, registry=self._registry)

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter."""
        self._counters[name].labels(**labels).inc(amount)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Note one duration in seconds."""
        self._histograms[name].labels(**labels).observe(seconds)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Say how many there are now."""
        self._gauges[name].labels(**labels).set(value)

    def exposition(self) -> bytes:
        """Give everything in Prometheus' text format."""
        return generate_latest(self._registry)
