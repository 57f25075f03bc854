"""What reaches the operator's log and metrics, and what must not."""

import ast
import io
import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from adapters.observability import METRICS, PrometheusMetrics, SystemClock, configure_logging
from adapters.settings import LogFormat

KNOWN = "8f742231b10e8888abcd99yyyzzz85a5"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def log():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    output = io.StringIO()
    configure_logging(LogFormat.AUTO, "info", [KNOWN], output)
    yield output
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


@pytest.mark.parametrize(
    "secret",
    [
        KNOWN,
        "xoxb-123456789012-abcDEF",
        "xoxe.xoxp-1-Mi0yLTk",
        "xapp-1-A1-2-b3c4",
        "Bearer aaa.bbb.ccc",
        "postgresql://kudos:hunter2@db/kudos",
    ],
)
def test_no_secret_reaches_the_log_by_any_road(log, secret):
    bare = secret.removeprefix("Bearer ").removeprefix("postgresql://kudos:").removesuffix("@db/kudos")
    ours, theirs = structlog.get_logger("ours"), logging.getLogger("theirs")
    ours.info(f"said {secret}", where={"inner": [secret]}, who=secret.encode())
    theirs.warning("said %s", secret)
    ours.error("failed", exc_info=RuntimeError(secret))
    theirs.error("failed", exc_info=RuntimeError(secret))
    text = log.getvalue()
    assert len(text.splitlines()) == 4
    assert bare not in text
    assert "[redacted]" in text


def test_fields_named_like_a_secret_are_not_shown(log):
    structlog.get_logger().info(
        "request", headers={"Authorization": "abc1", "X-Slack-Signature": "v0=abc2"}, token="abc3"
    )
    assert "abc" not in log.getvalue()


def test_a_line_is_json_with_level_logger_and_utc_time_where_nobody_watches(log):
    structlog.get_logger("kudos").info("kudos recorded", points=10)
    line = json.loads(log.getvalue())
    assert (line["event"], line["level"], line["logger"], line["points"]) == ("kudos recorded", "info", "kudos", 10)
    assert line["timestamp"].endswith("Z")


def test_a_traceback_is_kept_for_the_operator(log):
    structlog.get_logger().error("unexpected", reference="r1", exc_info=LookupError())
    assert "LookupError" in json.loads(log.getvalue())["exception"]


@pytest.mark.usefixtures("log")
def test_the_console_format_is_for_people():
    output = io.StringIO()
    configure_logging(LogFormat.CONSOLE, "info", [], output)
    structlog.get_logger().info("listening", address="http://127.0.0.1:8000")
    assert "listening" in output.getvalue()
    assert not output.getvalue().startswith("{")


def test_lines_below_the_level_are_left_out(log):
    structlog.get_logger().debug("detail")
    logging.getLogger("slack_bolt").info("chatter")
    assert log.getvalue() == ""


def test_metrics_are_exported_with_their_labels():
    metrics = PrometheusMetrics()
    metrics.count("kudos_acts_total", 2, outcome="ok")
    metrics.observe("kudos_delivery_seconds", 0.2, platform="slack")
    metrics.gauge("kudos_outbox_messages", 3, state="pending")
    text = metrics.exposition().decode()
    assert 'kudos_acts_total{outcome="ok"} 2.0' in text
    assert 'kudos_delivery_seconds_count{platform="slack"} 1.0' in text
    assert 'kudos_outbox_messages{state="pending"} 3.0' in text


def test_two_applications_in_one_process_count_apart():
    first, second = PrometheusMetrics(), PrometheusMetrics()
    first.count("kudos_acts_total", outcome="ok")
    assert 'outcome="ok"' not in second.exposition().decode()


def test_every_metric_that_the_code_writes_is_declared_with_its_labels():
    written = {
        (call.args[0].value, frozenset(str(word.arg) for word in call.keywords))
        for folder in ("bot", "adapters", "storage")
        for module in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(module.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"count", "observe", "gauge"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and str(call.args[0].value).startswith("kudos_")
    }
    assert written
    assert written <= {(metric.name, frozenset(metric.labels)) for metric in METRICS}


def test_the_clock_is_aware_and_in_utc():
    assert SystemClock().now().utcoffset() == timedelta(0)
