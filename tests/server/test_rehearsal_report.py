"""A rehearsal passes only when everything holds, and says in a sentence what does not."""

from collections.abc import Callable

import pytest

from server.rehearsal.report import (
    Caucus,
    Findings,
    Line,
    Recording,
    Recovery,
    Settlement,
    as_table,
    percentile,
    problems,
    result,
)
from server.rehearsal.session import Times, count


def flawless() -> Findings:
    return Findings(
        seconds=42.0,
        joins=[100.0, 200.0, 300.0, 400.0, 500.0],
        heard={
            "consumer": ["insurer", "mediator"],
            "insurer": ["consumer", "mediator"],
            "mediator": ["consumer", "insurer"],
        },
        line=Line(sent=900, lost=0, withheld=40, repaired=39, delays=[1.0, 2.0, 3.5, 4.0]),
        caucus=Caucus(cut_ms=8.0, back_ms=30.0, before=120, during=0, after=110, probe_heard=True),
        recovery=Recovery(noticed_ms=6400.0, back_ms=300.0, away_ms=8000.0, lost=0, pause_ms=40.0),
        recording=Recording(segments=9, seconds=58.0, expected=60.0, hashes=True, recognised=True),
        settlement=Settlement(pages=2, acts=3, sealed=True, verified=True, path="settlement.pdf"),
    )


def test_the_result_has_the_fields_that_operators_were_promised() -> None:
    assert result(flawless()) == {
        "ok": True,
        "seconds": 42.0,
        "join_ms": {"p50": 300, "p95": 500},
        "heard": {
            "consumer": ["insurer", "mediator"],
            "insurer": ["consumer", "mediator"],
            "mediator": ["consumer", "insurer"],
        },
        "line": {"lost": 0, "repaired": 0.975, "latency_ms": {"p50": 2.0, "p95": 4.0, "p99": 4.0}},
        "caucus": {
            "cut_ms": 8.0,
            "back_ms": 30.0,
            "forwarded_before": 120,
            "forwarded_during": 0,
            "forwarded_after": 110,
            "probe_seen_by_mediator": True,
        },
        "recovery": {"noticed_ms": 6400, "back_ms": 300, "others_went_on": True},
        "recording": {"segments": 9, "seconds": 58.0, "verified": True},
        "settlement": {"pages": 2, "acts": 3, "sealed": True, "verified": True, "path": "settlement.pdf"},
    }


BREAKS: dict[str, Callable[[Findings], object]] = {
    "a step failed": lambda f: setattr(f, "failure", "没有成功。"),
    "too slow": lambda f: setattr(f, "seconds", 61.0),
    "somebody is not heard": lambda f: f.heard["insurer"].remove("consumer"),
    "one packet was lost": lambda f: setattr(f.line, "lost", 1),
    "too little was repaired": lambda f: setattr(f.line, "repaired", 35),
    "nothing was lost on purpose": lambda f: setattr(f, "line", Line(sent=900, delays=[1.0])),
    "nothing was sent": lambda f: setattr(f.line, "sent", 0),
    "sound comes late": lambda f: f.line.delays.extend([200.0] * 4),
    "no sound came": lambda f: f.line.delays.clear(),
    "a lost line is noticed late": lambda f: setattr(f.recovery, "noticed_ms", 8000.0),
    "a lost line was not looked at": lambda f: setattr(f.recovery, "noticed_ms", 0.0),
    "who was lost comes back late": lambda f: setattr(f.recovery, "back_ms", 3100.0),
    "who was lost does not come back": lambda f: setattr(f.recovery, "back_ms", 0.0),
    "the others had a pause": lambda f: setattr(f.recovery, "pause_ms", 1100.0),
    "the others lost something": lambda f: setattr(f.recovery, "lost", 1),
    "too few joins": lambda f: f.joins.pop(),
    "one packet of the caucus came out": lambda f: setattr(f.caucus, "during", 1),
    "the excluded party heard something": lambda f: setattr(f.caucus, "excluded_heard", True),
    "the detector heard nothing": lambda f: setattr(f.caucus, "probe_heard", False),
    "nothing before": lambda f: setattr(f.caucus, "before", 0),
    "nothing after": lambda f: setattr(f.caucus, "after", 0),
    "silence came late": lambda f: setattr(f.caucus, "cut_ms", 1500.0),
    "no recording": lambda f: setattr(f, "recording", Recording()),
    "another recording than the manifest's": lambda f: setattr(f.recording, "hashes", False),
    "somebody else's colour": lambda f: setattr(f.recording, "recognised", False),
    "a caucus in the recording": lambda f: setattr(f.recording, "private", True),
    "half of the recording": lambda f: setattr(f.recording, "seconds", 30.0),
    "two acts": lambda f: setattr(f.settlement, "acts", 2),
    "no seal": lambda f: setattr(f.settlement, "sealed", False),
    "not verified": lambda f: setattr(f.settlement, "verified", False),
    "no pages": lambda f: setattr(f.settlement, "pages", 0),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_each_break_by_itself_fails_the_rehearsal_with_one_sentence(broken: str) -> None:
    found = flawless()
    BREAKS[broken](found)
    assert result(found)["ok"] is False
    sentences = problems(found)
    assert sentences
    assert all(sentence in as_table(found) for sentence in sentences)


def test_after_a_failed_step_only_what_was_found_before_is_complained_of() -> None:
    found = Findings(failure="媒体连接没有接通。")
    assert problems(found) == ("媒体连接没有接通。",)
    found.caucus = Caucus(before=100, during=3, after=100, probe_heard=True)
    assert problems(found) == ("媒体连接没有接通。", "单独会谈中的 3 个包到了被隔开的一方。")
    found.caucus, found.line = Caucus(), Line(sent=900, lost=2, withheld=40, repaired=40, delays=[1.0])
    assert problems(found) == ("媒体连接没有接通。", "900 个包里丢了 2 个。")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([5.0, 1.0, 3.0], 50) == 3.0
    assert percentile([5.0, 1.0, 3.0], 95) == 5.0
    assert percentile([], 50) == 0.0


def counted(*arrivals: tuple[float, bool]) -> Caucus:
    """Count arrivals around a caucus that was asked for at 10.0, shown at 10.1 and ended at 13.0."""
    found = Caucus()
    count(found, list(arrivals), Times(opened=10.0, apart=10.1, closed=13.0))
    return found


def test_what_was_under_way_at_the_command_is_no_leak() -> None:
    found = counted((8.5, False), (9.5, False), (10.02, False), (13.05, False), (13.5, False))
    assert (found.before, found.during, found.after) == (1, 0, 2)
    assert found.cut_ms == pytest.approx(20)
    assert found.back_ms == pytest.approx(50)


def test_any_packet_during_the_caucus_is_a_leak() -> None:
    assert counted((9.5, False), (12.0, False), (13.1, False)).during == 1


def test_content_of_the_caucus_is_a_leak_whenever_it_comes() -> None:
    found = counted((9.5, False), (13.4, True), (14.5, True), (13.2, False))
    assert (found.during, found.after) == (2, 1)


def test_when_nothing_comes_back_nothing_is_counted_after() -> None:
    found = counted((9.5, False))
    assert (found.after, found.back_ms) == (0, 0.0)
