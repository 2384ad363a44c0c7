"""What a rehearsal found: figures, whether all of it holds, and how it is shown."""

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ROLES: Final = ("consumer", "insurer", "mediator")
ACTS: Final = 3
DEADLINE: Final = 60.0  # seconds for the whole way
CUT_WITHIN: Final = 1000.0  # ms from the mediator's command to the last packet
JOIN_WITHIN: Final = 5000.0  # ms; the bound of the bench is tighter
JOINS: Final = 5  # measured, at least
LOST: Final = 0  # packets on loopback: each socket on the way holds more than a second of them
REPAIRED: Final = 0.9  # of what was lost on purpose
LATE: Final = 150.0  # ms of a sound's way through the server, 95th percentile, on a busy machine
NOTICED_WITHIN: Final = 7500.0  # ms: silent for 6 s, a look a second, and half a second for a busy machine
BACK_WITHIN: Final = 3000.0  # ms from the new page's loading to media in both directions
PAUSE: Final = 1000.0  # ms without a sound: the session of the others did not go on
RECORDED: Final = 0.7  # of the time in joint session that a recording must have
PARTS: Final = (50, 95, 99)  # percentiles of the delay of sound
COLUMN: Final = 22  # of a terminal, where the values begin
CALLED: Final = {"consumer": "消费者", "insurer": "保险公司代表", "mediator": "调解员"}


@dataclass(slots=True)
class Line:
    """Packets of the joint session, counted once a listener.

    `withheld` were lost on purpose, by who sent or by who heard; `repaired` are those of them that came
    in the end. `sent` are all others, `lost` those that did not come. `delays` are of sound, in ms.
    """

    sent: int = 0
    lost: int = 0
    withheld: int = 0
    repaired: int = 0
    delays: list[float] = field(default_factory=list)

    @property
    def share_repaired(self) -> float:
        return self.repaired / self.withheld if self.withheld else 0.0


@dataclass(slots=True)
class Recovery:
    """One party's line fell silent without a word, and came back by a new connection.

    `noticed_ms` is the later of two: until the others saw it by its media, and by its page.
    """

    noticed_ms: float = 0.0
    back_ms: float = 0.0  # until media flowed again in both directions
    away_ms: float = 0.0  # from the silence until then
    lost: int = 0  # packets between the others meanwhile
    pause_ms: float = 0.0  # for which one of them heard nothing of the other, at worst

    @property
    def others_went_on(self) -> bool:
        return self.lost <= LOST and 0 < self.pause_ms <= PAUSE


@dataclass(slots=True)
class Caucus:
    """Packets are media packets that reached the excluded party: `before` and `after` within one
    second of joint session, `during` those of the caucus, whenever and however they came.
    """

    cut_ms: float = 0.0
    back_ms: float = 0.0
    before: int = 0
    during: int = 0
    after: int = 0
    probe_heard: bool = False  # by the mediator: the detector works
    excluded_heard: bool = False  # the excluded party heard or saw something, or somebody's name


@dataclass(slots=True)
class Recording:
    """`seconds` of media in all segments; `expected` seconds of joint session, of all who are recorded."""

    segments: int = 0
    seconds: float = 0.0
    expected: float = 0.0
    hashes: bool = False  # what was fetched is what the manifest says
    recognised: bool = False  # each segment carries one person's colour and tone, and everybody is there
    private: bool = False  # something of a caucus is in it


@dataclass(slots=True)
class Settlement:
    pages: int = 0
    acts: int = 0
    sealed: bool = False
    verified: bool = False  # by `heyi verify`, after the server has stopped
    path: str = ""


@dataclass(slots=True)
class Findings:
    """Filled in as the rehearsal goes on, so that a failed one still shows how far it came."""

    seconds: float = 0.0
    joins: list[float] = field(default_factory=list)  # ms
    heard: dict[str, list[str]] = field(default_factory=dict)
    line: Line = field(default_factory=Line)
    caucus: Caucus = field(default_factory=Caucus)
    recovery: Recovery = field(default_factory=Recovery)
    recording: Recording = field(default_factory=Recording)
    settlement: Settlement = field(default_factory=Settlement)
    failure: str = ""  # the sentence of the step that failed


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile, 0.0 without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)] if ordered else 0.0


def recording_verified(recording: Recording) -> bool:
    return all(holds for holds, _ in _of_recording(recording))


def _long_enough(recording: Recording) -> bool:
    return recording.seconds >= RECORDED * recording.expected > 0


def problems(found: Findings) -> tuple[str, ...]:
    """Return what does not hold, as sentences; empty when all is well.

    After a step that failed, what came later is not complained of; what was found before it is.
    """
    claims = [(not found.failure, found.failure)]
    claims.append((found.seconds <= DEADLINE, f"总共用了 {found.seconds:.0f} 秒，超过 {DEADLINE:.0f} 秒。"))
    ended = not found.failure
    if ended:
        claims.append((_all_heard(found.heard), "不是每个人都听到、看到其他每个人。"))
    if ended or found.line != Line():
        claims += _of_line(found.line)
    if ended or found.caucus != Caucus():
        claims += _of_caucus(found.caucus)
    if ended or found.joins:
        claims.append((len(found.joins) >= JOINS, f"重新进入只量了 {len(found.joins)} 次，应有 {JOINS} 次。"))
        claims.append((percentile(found.joins, 95) <= JOIN_WITHIN, "重新进入太慢。"))
    if ended or found.recovery != Recovery():
        claims += _of_recovery(found.recovery)
    if ended or found.recording != Recording():
        claims += _of_recording(found.recording)
    if ended:
        claims += _of_settlement(found.settlement)
    return tuple(sentence for holds, sentence in claims if not holds)


def _of_line(line: Line) -> list[tuple[bool, str]]:
    late = percentile(line.delays, 95)
    share = f"故意丢的 {line.withheld} 个包只补回 {line.repaired} 个。"
    return [
        (line.sent > 0 and bool(line.delays), "没有量到线路。"),
        (line.lost <= LOST, f"{line.sent} 个包里丢了 {line.lost} 个。"),
        (line.share_repaired >= REPAIRED, share),
        (late <= LATE, f"声音晚到 {late:.0f} 毫秒（p95），超过 {LATE:.0f} 毫秒。"),
    ]


def _of_recovery(recovery: Recovery) -> list[tuple[bool, str]]:
    noticed, back = recovery.noticed_ms / 1000, recovery.back_ms / 1000
    return [
        (0 < recovery.noticed_ms <= NOTICED_WITHIN, f"一方断线，别人 {noticed:.1f} 秒才知道。"),
        (0 < recovery.back_ms <= BACK_WITHIN, f"断线的一方回来，媒体 {back:.1f} 秒才恢复。"),
        (
            recovery.others_went_on,
            f"一方断线时，其他两方之间丢了 {recovery.lost} 个包，声音最长停了 {recovery.pause_ms:.0f} 毫秒。",
        ),
    ]


def _of_caucus(caucus: Caucus) -> list[tuple[bool, str]]:
    return [
        (caucus.before > 0, "单独会谈以前，被隔开的一方没有收到媒体。"),
        (caucus.during == 0, f"单独会谈中的 {caucus.during} 个包到了被隔开的一方。"),
        (not caucus.excluded_heard, "被隔开的一方在单独会谈中看到或听到了别人。"),
        (caucus.cut_ms <= CUT_WITHIN, f"静默用了 {caucus.cut_ms:.0f} 毫秒。"),
        (caucus.probe_heard, "调解员没有听到探测音，单独会谈的检验不成立。"),
        (caucus.after > 0, "单独会谈以后，媒体没有回来。"),
    ]


def _of_recording(recording: Recording) -> list[tuple[bool, str]]:
    return [
        (recording.segments > 0, "没有录像。"),
        (recording.hashes, "取回的录像与清单里的哈希不符。"),
        (recording.recognised, "录像里的颜色或声音不对，或者缺了人。"),
        (not recording.private, "录像里有单独会谈的内容。"),
        (
            _long_enough(recording),
            f"录像只有 {recording.seconds:.1f} 秒，应有约 {recording.expected:.1f} 秒。",
        ),
    ]


def _of_settlement(settlement: Settlement) -> list[tuple[bool, str]]:
    return [
        (settlement.acts == ACTS, f"签署只有 {settlement.acts} 次，应有 {ACTS} 次。"),
        (settlement.pages > 0, "协议书没有页。"),
        (settlement.sealed, "协议书没有盖章。"),
        (settlement.verified, "heyi verify 没有通过。"),
    ]


def _all_heard(heard: Mapping[str, Sequence[str]]) -> bool:
    return all(set(heard.get(role, ())) == set(ROLES) - {role} for role in ROLES)


def result(found: Findings) -> dict[str, Any]:
    """Return the object of `heyi rehearse --json`."""
    caucus, recording, settlement = found.caucus, found.recording, found.settlement
    line, recovery = found.line, found.recovery
    return {
        "ok": not problems(found),
        "seconds": round(found.seconds, 1),
        "join_ms": {"p50": round(percentile(found.joins, 50)), "p95": round(percentile(found.joins, 95))},
        "heard": {role: sorted(found.heard.get(role, ())) for role in ROLES},
        "line": {
            "lost": line.lost,
            "repaired": round(line.share_repaired, 3),
            "latency_ms": {f"p{part}": round(percentile(line.delays, part), 1) for part in PARTS},
        },
        "caucus": {
            "cut_ms": round(caucus.cut_ms, 1),
            "back_ms": round(caucus.back_ms, 1),
            "forwarded_before": caucus.before,
            "forwarded_during": caucus.during,
            "forwarded_after": caucus.after,
            "probe_seen_by_mediator": caucus.probe_heard,
        },
        "recovery": {
            "noticed_ms": round(recovery.noticed_ms),
            "back_ms": round(recovery.back_ms),
            "others_went_on": recovery.others_went_on,
        },
        "recording": {
            "segments": recording.segments,
            "seconds": round(recording.seconds, 1),
            "verified": recording_verified(recording),
        },
        "settlement": {
            "pages": settlement.pages,
            "acts": settlement.acts,
            "sealed": settlement.sealed,
            "verified": settlement.verified,
            "path": settlement.path,
        },
    }


def as_json(found: Findings) -> str:
    return json.dumps(result(found), ensure_ascii=False)


def as_table(found: Findings) -> str:
    """Return the findings for people."""
    caucus, recording, settlement = found.caucus, found.recording, found.settlement
    join = f"p50 {percentile(found.joins, 50):.0f} 毫秒，p95 {percentile(found.joins, 95):.0f} 毫秒"
    packets = f"之前 {caucus.before}，会谈中 {caucus.during}，之后 {caucus.after}"
    line, recovery = found.line, found.recovery
    repaired = f"故意丢的 {line.withheld} 个补回 {line.repaired} 个"
    delays = "，".join(f"p{part} {percentile(line.delays, part):.1f}" for part in PARTS)
    gone = f"别人 {recovery.noticed_ms / 1000:.1f} 秒知道；回来 {recovery.back_ms / 1000:.1f} 秒恢复"
    recorded = f"{recording.segments} 段，{recording.seconds:.1f} 秒"
    rows = [
        ("用时", f"{found.seconds:.1f} 秒"),
        ("重新进入", f"{join}（{len(found.joins)} 次）"),
        *((f"{CALLED[role]}听到", _names(found.heard.get(role, ()))) for role in ROLES),
        ("丢失的包", f"{line.sent} 个里 {line.lost} 个；{repaired}"),
        ("声音经过服务器", f"{delays} 毫秒"),
        ("单独会谈：静默", f"{caucus.cut_ms:.1f} 毫秒；恢复 {caucus.back_ms:.1f} 毫秒"),
        ("到被隔开一方的包", packets),
        ("调解员听到探测音", _yes(caucus.probe_heard)),
        ("一方断线", f"{gone}；其他人照常 {_yes(recovery.others_went_on)}"),
        ("录像", f"{recorded}，核对 {_yes(recording_verified(recording))}"),
        ("协议书", f"{settlement.pages} 页，{settlement.acts} 次签署，盖章 {_yes(settlement.sealed)}"),
        ("heyi verify", f"{_yes(settlement.verified)} {settlement.path}"),
    ]
    lines = [f"  {name}{' ' * (COLUMN - _width(name))}{value}" for name, value in rows]
    wrong = problems(found)
    verdict = "全部通过。" if not wrong else "没有通过："
    return "\n".join((*lines, verdict, *(f"  ✗ {sentence}" for sentence in wrong)))


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def _names(roles: Sequence[str]) -> str:
    return "、".join(CALLED[role] for role in sorted(roles)) or "没有人"


def _yes(holds: bool) -> str:
    return "是" if holds else "否"
