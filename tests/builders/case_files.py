"""A case file with two recorded intervals of three people, a caucus between them and every kind of check."""

from dataclasses import replace
from datetime import timedelta

from cases.model import Dispute, Ground, Role, Side
from tests.builders.facts import FACTS, LEGAL, NOW
from web import views, words

Person = tuple[str, Role, Side]

FOUND = {
    "media_ms": 1_440_160,
    "wall_ms": 1_440_160,
    "blocks": 108_000,
    "keyframes": 361,
    "keyframe_ms": 4_120,
    "sound_gaps": 1,
    "sound_gap_ms": 2_340,
    "picture_gaps": 2,
    "picture_gap_ms": 35_000,
}


def segment(who: Person, minute: float, minutes: float, state: str = "ok") -> views.SegmentRow:
    name, role, side = who
    return views.SegmentRow(
        f"/staff/st2/archive/c1/recordings/{name}{minute}",
        name,
        side,
        role,
        NOW + timedelta(minutes=minute),
        minutes * 60,
        int(minutes * 9_400_000),
        "" if state == "open" else "c41e08b7" * 8,
        "" if state == "open" else "caucus",
        state,
        name,
        f"/staff/st2/archive/c1/recordings/{name}{minute}/original",
        words.checked(FOUND) if state == "ok" else "",
        words.lack("no-copy", "disk-full") if state == "altered" else "",
    )


def gap(who: Person, minute: float, till: float | None, cause: str) -> views.GapRow:
    name, role, side = who
    to_at = NOW + timedelta(minutes=till) if till is not None else None
    return views.GapRow(name, side, role, NOW + timedelta(minutes=minute), to_at, cause, name)


def case_file(*, empty: bool = False, who: str = "周建国") -> views.CaseFile:
    people = (
        (who, Role.CONSUMER, Side.APPLICANT),
        ("林静", Role.MEDIATOR, Side.CENTRE),
        ("赵一鸣", Role.INSURER, Side.RESPONDENT),
    )
    first = tuple(segment(person, 0, 24) for person in people)
    second = tuple(
        segment(person, 42, 32, state)
        for person, state in zip(people, ("ok", "altered", "missing"), strict=True)
    )
    holes = tuple(gap((name, role, side), 24, 42, "caucus") for name, role, side in people)
    lost = gap(people[2], 74, None, "line-lost")
    facts = replace(FACTS, number="〔2025〕云保调字第0127号", title=f"{who}与安和在线财险：医疗险拒赔")
    return views.CaseFile(
        LEGAL,
        replace(facts, dispute=Dispute.CLAIM_DENIAL, stage="closed", ground=Ground.SETTLED),
        "/staff/st2/archive/c1",
        "司法确认材料核对",
        NOW + timedelta(minutes=42),
        NOW,
        () if empty else first + second,
        () if empty else (*holes, lost),
        () if empty else HAPPENINGS,
        CHECKS_EMPTY if empty else CHECKS,
        not empty,
    )


HAPPENINGS = tuple(
    views.Happening(NOW + timedelta(minutes=minute), text, private)
    for minute, text, private in (
        (0, "联席调解开始，开始录像", False),
        (24, "单独会谈，未录", True),
        (42, "恢复联席，接着录像", False),
        (58, "发出协议，短码 C41E-08B7", False),
        (61, "周建国签名", False),
        (63, "赵一鸣签名", False),
        (64, "林静签名", False),
        (64, "中心盖章", False),
        (74, "调解结束：达成协议", False),
    )
)

CHECKS = (
    views.Check(
        "recording", "failed", "录像散列", "1 段不符", "6 段里 4 段相符，1 段不符，1 段的文件不见了。"
    ),
    views.Check("complete", "note", "录像齐全", "1 段不齐，共 6 段", ""),
    views.Check("stored-hash", "passed", "协议书散列", "相符", "和存下来的散列一样：C41E08B7…"),
    views.Check("terms", "passed", "条款摘要", "相符", "文件里的条款和各方确认的是同一份。"),
    views.Check(
        "seal", "note", "签名和印章", "内部证书", "签名 3 个，印章在最后。自签证书：证明没改过，不证明身份。"
    ),
    views.Check("audit-chain", "passed", "日志链", "连续", "第 1 到 412 条，没有断，没有改。"),
)
CHECKS_EMPTY = (
    views.Check("recording", "absent", "录像散列", "没有可查的", "没有录像。"),
    views.Check("audit-chain", "passed", "日志链", "连续", "第 1 到 12 条，没有断，没有改。"),
)
