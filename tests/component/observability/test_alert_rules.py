"""Every alert rule run by promtool: it fires on its symptom, after its time, and stays silent otherwise."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.observability.alerts import ALERTS, DAY, GROUPS, Alert
from deploy.observability.render import FOLDER
from deploy.operate.symptoms import QUESTION, true_of
from shared.contracts.topics import SERVICES
from shared.runtime.metrics import samples_of

STEP_SECONDS = 30
SECONDS = {"s": 1, "m": 60, "h": 3600}
MARGIN_SECONDS = 660
"""By then rates over ten minutes have their values."""
STEPS = 160
ASK_MORE_THAN_ONE_MOMENT = {
    "NssServiceDown", "NssRequestsFail", "NssClocksDiffer", "NssWindowJobLate", "NssJobFails", "NssMailServerAway",
    "NssMailFailures", "NssCertificateEnds", "NssHooksNotRead", "NssHooksNotPosted", "NssHookPostsFailed",
}  # fmt: skip
"""Rules about rates, times and absence, which `nss doctor` leaves to Prometheus."""

Series = Mapping[str, str]
NOW = f"0+{STEP_SECONDS}x{STEPS}"
"""The clock itself."""


def constant(number: float) -> str:
    """A series that stands still."""
    return f"{number:g}x{STEPS}"


def rising(each_step: float) -> str:
    """A counter."""
    return f"0+{each_step:g}x{STEPS}"


def one(series: str, bad: float, good: float) -> tuple[Series, Series]:
    """A gauge: what fires and what does not."""
    return {series: constant(bad)}, {series: constant(good)}


def waiting_for(hook: str, state: str) -> str:
    """How long a post has waited for this receiver."""
    return f'nss_hook_oldest_waiting_seconds{{service="notifier", hook="{hook}", state="{state}"}}'


ALL_UP = {f'nss_build_info{{service="{service}"}}': constant(1) for service in SERVICES}
LAST_CLOSED = 'nss_job_last_success_timestamp_seconds{service="provisioning", job_name="close_windows"}'
OFFSET = 'nss_clock_offset_seconds{service="provisioning"}'
ANSWERED = 'nss_web_requests_total{service="intake", status="200"}'
WAITING = 'nss_mails_waiting{service="notifier"}'
ONE_HOOK = 'nss_hooks{service="notifier", state="active"}'
POST_DUE = 'nss_hook_oldest_due_seconds{service="notifier"}'
TRIED = 'nss_hook_attempts_total{service="notifier", outcome="delivered"}'
SENT = 'nss_mails_sent_total{service="notifier", mail="M1"}'
FAILED = 'nss_web_requests_total{service="intake", status="500"}'

CASES: Mapping[str, tuple[Series, Series]] = {
    "NssServiceDown": ({name: text for name, text in ALL_UP.items() if "review" not in name}, ALL_UP),
    "NssRequestsFail": ({ANSWERED: rising(90), FAILED: rising(2)}, {ANSWERED: rising(990), FAILED: rising(2)}),
    "NssDatabaseBehind": one('nss_database_current{service="intake"}', 0, 1),
    "NssClocksDiffer": one('nss_clock_difference_seconds{service="review"}', -31, 29),
    "NssOutboxOld": one('nss_outbox_oldest_seconds{service="review"}', 61, 60),
    "NssRelayWithoutLeader": (
        {'nss_relay_leader{service="review", instance="a"}': constant(0)},
        {'nss_relay_leader{service="review", instance="a"}': constant(0),
         'nss_relay_leader{service="review", instance="b"}': constant(1)},
    ),
    "NssLag": one('nss_consumer_lag_seconds{service="notifier", topic="nss.review.v1"}', 301, 300),
    "NssConsumerNotPolling": one('nss_consumer_progress_seconds{service="review"}', 61, 60),
    "NssConsumerNotReady": one('nss_consumer_ready{service="review"}', 0, 1),
    "NssTopicBraked": ({'nss_consumer_paused{service="review", topic="nss.mail.v1"}': constant(1)}, ALL_UP),
    "NssDeadLetters": one('nss_held_events{service="review", reason="dead"}', 1, 0),
    "NssHeldTooLong": (
        {'nss_held_oldest_seconds{service="review", reason="waiting"}': constant(601)},
        {'nss_held_oldest_seconds{service="review", reason="waiting"}': constant(600),
         'nss_held_oldest_seconds{service="review", reason="behind"}': constant(9000)},
    ),
    "NssApplicationsStalled": (
        {'nss_stalled_applications{service="review", awaits="issue"}': constant(1)},
        {'nss_stalled_applications{service="review", awaits="issue"}': constant(0),
         'nss_stalled_applications{service="review", awaits="void"}': constant(3)},
    ),
    "NssVoidMissed": one('nss_stalled_applications{service="review", awaits="void"}', 1, 0),
    "NssNoticesUnread": one('nss_id_notices_unread_closing{service="provisioning"}', 2, 0),
    "NssNoticesReadUnusually": one('nss_id_notice_busy_offices{service="provisioning"}', 1, 0),
    "NssWindowJobLate": ({LAST_CLOSED: constant(0), OFFSET: constant(0)}, {LAST_CLOSED: NOW, OFFSET: constant(0)}),
    "NssJobFails": (
        {'nss_job_runs_total{service="review", job_name="erase_contacts", outcome="OSError"}': rising(1)},
        {'nss_job_runs_total{service="review", job_name="erase_contacts", outcome="done"}': rising(9)},
    ),
    "NssKeyStoreUnavailable": one('nss_key_store_usable{service="provisioning"}', 0, 1),
    "NssLedgerBehind": one('nss_ledger_current{service="provisioning"}', 0, 1),
    "NssAuditUnsealed": one('nss_audit_unsealed{service="provisioning"}', 1001, 1000),
    "NssAccountsDrift": one('nss_drift_findings{service="provisioning"}', 1, 0),
    "NssMailServerAway": (
        {WAITING: constant(1), SENT: constant(7)},
        {WAITING: constant(9), SENT: rising(1)},
    ),
    "NssMailsLate": one('nss_mail_oldest_due_seconds{service="notifier"}', 301, 300),
    "NssMailFailures": (
        {'nss_mails_failed_total{service="notifier", failure="bounced"}': "0x10 1x150"},
        {'nss_mails_failed_total{service="notifier", failure="bounced"}': constant(5)},
    ),
    "NssMailTextsKept": one('nss_mail_archive_oldest_seconds{service="notifier"}', 93 * DAY, 91 * DAY),
    "NssHooksNotRead": (
        {'nss_hook_lag_seconds{service="notifier", topic="nss.mail.v1"}': constant(301), ONE_HOOK: constant(1)},
        {'nss_hook_lag_seconds{service="notifier", topic="nss.mail.v1"}': constant(9000), ONE_HOOK: constant(0)},
    ),
    "NssHooksNotPosted": ({POST_DUE: constant(301), TRIED: constant(7)}, {POST_DUE: constant(9000), TRIED: rising(1)}),
    "NssHookReceiverAway": (
        {waiting_for("payroll", "active"): constant(3601)},
        {waiting_for("payroll", "active"): constant(3600), waiting_for("customs", "paused"): constant(9000)},
    ),
    "NssHookPaused": (
        {waiting_for("payroll", "paused"): constant(1.1 * DAY)},
        {waiting_for("payroll", "paused"): constant(0.9 * DAY), waiting_for("customs", "active"): constant(9 * DAY)},
    ),
    "NssHookPostsFailed": (
        {'nss_hook_posts_failed_total{service="notifier", outcome="timeout"}': "0x10 1x150"},
        {'nss_hook_posts_failed_total{service="notifier", outcome="timeout"}': constant(5)},
    ),
    "NssCertificateEnds": one('nss_certificate_expiry_timestamp_seconds{service="notifier", file="smtp_ca_file"}',
                              20 * DAY, 22 * DAY),
    "NssKeyOld": one('nss_key_age_seconds{service="review", file="staff_key_file"}', 401 * DAY, 399 * DAY),
}  # fmt: skip


def seconds(spelled: str) -> int:
    match = re.fullmatch(r"(\d+)([smh])", spelled)
    assert match is not None
    return int(match[1]) * SECONDS[match[2]]


def asked(name: str, at: int, firing: int) -> dict[str, Any]:
    """How many instances of the alert fire at that second."""
    expected = [{"labels": "{}", "value": firing}] if firing else []
    expression = f'count(ALERTS{{alertname="{name}", alertstate="firing"}})'
    return {"expr": expression, "eval_time": f"{at}s", "exp_samples": expected}


def unit_tests(group: str) -> Iterator[dict[str, Any]]:
    """As promtool reads them: on the symptom too early and in time, and without the symptom."""
    for alert in GROUPS[group]:
        bad, good = CASES[alert.name]
        late = seconds(alert.after) + MARGIN_SECONDS
        early = [asked(alert.name, seconds(alert.after) // 2, 0)] if seconds(alert.after) >= 4 * STEP_SECONDS else []
        for kind, series, questions in (
            ("fires", bad, [*early, asked(alert.name, late, 1)]),
            ("is silent", good, [asked(alert.name, late, 0)]),
        ):
            yield {
                "name": f"{alert.name} {kind}",
                "interval": f"{STEP_SECONDS}s",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": questions,
            }


def test_every_rule_has_its_case() -> None:
    assert CASES.keys() == {alert.name for alert in ALERTS}


def test_the_doctor_asks_the_question_of_every_rule_that_one_look_can_answer() -> None:
    assert {alert.name for alert in ALERTS if not QUESTION.fullmatch(alert.expression)} == ASK_MORE_THAN_ONE_MOMENT


@pytest.mark.parametrize("alert", [each for each in ALERTS if each.name not in ASK_MORE_THAN_ONE_MOMENT],
                         ids=lambda alert: alert.name)  # fmt: skip
def test_the_doctor_answers_as_prometheus_does(alert: Alert) -> None:
    bad, good = (
        samples_of("".join(f"{name} {values.partition('x')[0]}\n" for name, values in series.items()))
        for series in CASES[alert.name]
    )
    assert len(true_of(alert, bad)) == 1
    assert true_of(alert, good) == []


def run_promtool(folder: Path, group: str, tests: Sequence[Mapping[str, Any]]) -> None:
    """Run tests of the rules of one group."""
    file = folder / "tests.yaml"
    rules = str(FOLDER / "alerts" / f"{group}.yaml")
    document = {"rule_files": [rules], "evaluation_interval": f"{STEP_SECONDS}s", "tests": list(tests)}
    file.write_text(yaml.safe_dump(document))
    command = ["promtool", "test", "rules", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("group", [name for name, alerts in GROUPS.items() if alerts])
def test_every_rule_fires_on_its_symptom_and_on_nothing_else(tmp_path: Path, group: str) -> None:
    run_promtool(tmp_path, group, list(unit_tests(group)))


def test_a_job_that_never_succeeded_is_late_too(tmp_path: Path) -> None:
    test = {"interval": f"{STEP_SECONDS}s", "input_series": [{"series": OFFSET, "values": constant(0)}],
            "promql_expr_test": [asked("NssWindowJobLate", 300, 1)]}  # fmt: skip
    run_promtool(tmp_path, "jobs", [test])
