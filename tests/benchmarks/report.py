"""The figures: medians with their extremes, what they must reach, and how they are told."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.hashing import IssueRun
from tests.benchmarks.latency import Waits
from tests.benchmarks.mail_speed import AT_LEAST as MAILS_AT_LEAST
from tests.benchmarks.mail_speed import MailRound
from tests.benchmarks.mail_waits import AT_LEAST as IN_TIME_AT_LEAST
from tests.benchmarks.mail_waits import MailWaits
from tests.benchmarks.measuring import Run
from tests.benchmarks.noise import Noise

QUIET_SPREAD = 1.25
LATENCY_WINDOWS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure over all rounds, and the bound it must keep; None where there is none."""

    name: str
    what: str
    values: Sequence[float]
    at_least: float | None = None
    at_most: float | None = None

    @property
    def median(self) -> float:
        """Of all rounds."""
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool:
        """Whether the median keeps its bound."""
        above = self.at_least is None or self.median >= self.at_least
        return above and (self.at_most is None or self.median <= self.at_most)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        return {
            "what": self.what,
            "median": round(self.median, 4),
            "min": round(min(self.values), 4),
            "max": round(max(self.values), 4),
            **{name: bound for name, bound in bounds.items() if bound is not None},
            "met": self.is_met,
        }

    def __str__(self) -> str:
        bound = f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}" if self.at_most else ""
        verdict = "" if not bound else "  met" if self.is_met else "  MISSED"
        extremes = f"({_short(min(self.values))} – {_short(max(self.values))})"
        return f"{self.name:<20} {_short(self.median):>8}  {extremes:<20} {bound:<8}{verdict:<8} {self.what}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


@dataclass(slots=True)
class Results:
    """Everything that was measured."""

    reference: list[Run] = field(default_factory=list)
    ours: list[Run] = field(default_factory=list)
    one_by_one: list[Run] = field(default_factory=list)
    waits: Waits | None = None
    issues: list[IssueRun] = field(default_factory=list)
    mails: list[MailRound] = field(default_factory=list)
    mail_waits: MailWaits | None = None
    noise: list[Noise] = field(default_factory=list)

    @property
    def spread(self) -> float:
        """Fastest over slowest run of a reference: how much the machine itself varies."""
        return max(_spread([run.rate for run in self.reference]), _spread([run.bare_rate for run in self.issues]))

    @property
    def is_too_noisy(self) -> bool:
        """Whether the figures allow no verdict."""
        return self.spread > QUIET_SPREAD

    def figures(self) -> list[Figure]:
        """Those of the headline first."""
        rounds = list(zip(self.ours, self.reference, strict=True))
        found = [
            Figure("P1", "throughput ÷ bare pipeline", [a.rate / b.rate for a, b in rounds], at_least=0.40),
            Figure("P2", "throughput ÷ batches of one", self._gains(), at_least=8),
            *self.issuing(),
            *self._waits(),
            *self._mails(),
            Figure("P16", "commits per application", [_commits(run) for run in self.ours], at_most=0.5),
            Figure("rate", "applications per second, ours", [run.rate for run in self.ours]),
            Figure("reference_rate", "applications per second, bare", [run.rate for run in self.reference]),
            *[Figure(f"rss_{name}", "MiB resident", [run.resident_mib[name] for run in self.ours])
              for name in self.ours[0].resident_mib],
        ]  # fmt: skip
        return [figure for figure in found if figure.values]

    def work(self) -> Mapping[str, Mapping[str, float]]:
        """What one application takes on either side; a ratio is worth something only if these agree."""
        return {"ours": _work_of(self.ours[-1]), "reference": _work_of(self.reference[-1])}

    def _gains(self) -> list[float]:
        return [a.rate / b.rate for a, b in zip(self.ours, self.one_by_one, strict=False)]

    def issuing(self) -> list[Figure]:
        """Issuing with real password hashes."""
        return [
            Figure("P3", "passwords issued ÷ bare hashes", [run.issue_rate / run.bare_rate for run in self.issues],
                   at_least=0.85),
            Figure("P4", "ms loop lag p99 while issuing", [run.lag_p99 for run in self.issues], at_most=10.0),
            Figure("own_lag", "ms of it at most that is our own work", [run.own_lag_p99 for run in self.issues]),
            Figure("idle_lag", "ms loop lag p99 when idle", [run.idle_lag_p99 for run in self.issues]),
            Figure("hash_rate", "bare hashes per second", [run.bare_rate for run in self.issues]),
        ]  # fmt: skip

    def _mails(self) -> list[Figure]:
        in_time = [self.mail_waits.share_in_time] if self.mail_waits else []
        return [
            Figure("P5", "mails ÷ bare SMTP", [each.ratio for each in self.mails], at_least=MAILS_AT_LEAST),
            Figure("P15", "share of mails within 10 s", in_time, at_least=IN_TIME_AT_LEAST),
            Figure("mail_rate", "mails per second", [each.ours for each in self.mails]),
            Figure("bare_mail_rate", "mails per second, bare SMTP", [each.bare for each in self.mails]),
        ]

    def _waits(self) -> list[Figure]:
        if self.waits is None:
            return []
        windows = self.waits.windows(LATENCY_WINDOWS)
        return [
            Figure(f"P8_{name}", f"ms from accepted to readable, {name}", [w.percentile(share) for w in windows],
                   at_most=bound)
            for name, share, bound in (("p50", 0.50, 100.0), ("p99", 0.99, 400.0))
        ]  # fmt: skip


def _spread(rates: Sequence[float]) -> float:
    return max(rates) / min(rates) if rates else 1.0


def _commits(run: Run) -> float:
    return run.written.commits / run.applications


def _work_of(run: Run) -> Mapping[str, float]:
    return {
        "events": run.written.events / run.applications,
        "deliveries": run.written.deliveries / run.applications,
        "row_changes": round(run.changed_rows / run.applications, 1),
        "commits": round(_commits(run), 3),
    }


def as_text(results: Results) -> str:
    """For people."""
    lines = [str(figure) for figure in results.figures()]
    for side, work in results.work().items():
        lines.append(f"per application, {side}: " + ", ".join(f"{count:g} {what}" for what, count in work.items()))
    lines += [f"machine: {noise}" for noise in (results.noise[0], results.noise[-1])]
    lines.append(f"the reference varied by {results.spread:.2f}")
    if results.is_too_noisy:
        lines.append(f"TOO NOISY for a verdict: more than {QUIET_SPREAD}")
    return "\n".join(lines)


def as_json(results: Results) -> str:
    """For machines: figures by name."""
    figures = {figure.name: figure.as_json() for figure in results.figures()}
    noise = [{"load": n.load, "pressure": n.pressure, "flush_ms": round(n.flush_ms, 3)} for n in results.noise]
    told = {
        **figures,
        "per_application": results.work(),
        "reference_spread": round(results.spread, 3),
        "too_noisy": results.is_too_noisy,
        "noise": noise,
    }
    return json.dumps(told, ensure_ascii=False, indent=2)
