"""The whole way, from an empty room to a sealed settlement, against a server that runs already."""

import time
from pathlib import Path
from typing import Final

from server.rehearsal import archive, joining, line, recovery, session, signing
from server.rehearsal.failing import Failed
from server.rehearsal.report import CALLED, Findings
from server.rehearsal.stage import EVERYBODY, Codes, Say, Stage, cast_on

RECORDED_SEATS: Final = len(EVERYBODY)
OTHERS: Final = len(EVERYBODY) - 1  # whom each of them must hear and see


async def rehearse(stage: Stage, codes: Codes, folder: Path, found: Findings, say: Say) -> None:
    """Go through everything that a session is; fill `found` in as it goes.

    `folder` gets `settlement.pdf` and `roots.pem`. Raises Failed with the sentence of the step that
    failed. Whoever calls sets the deadline, and verifies the file (`heyi verify`).
    """
    async with cast_on(stage) as cast:
        case, seats = await joining.gather(cast, stage, codes, say)
        opened = time.monotonic()
        found.heard = await session.who_hears(cast)
        if unheard := [_deaf(role, heard) for role, heard in found.heard.items() if len(heard) < OTHERS]:
            raise Failed("".join(unheard))
        say("三个人互相听到、看到")
        found.line = await line.carries(cast)
        way = found.line
        say(f"{way.sent} 个包丢了 {way.lost} 个，故意丢的 {way.withheld} 个补回 {way.repaired} 个")
        away = time.monotonic()
        found.caucus = await session.caucus(cast)
        apart = time.monotonic() - away
        leak = found.caucus
        say(f"单独会谈：{leak.cut_ms:.0f} 毫秒静默，{leak.during} 个包外泄，{leak.back_ms:.0f} 毫秒恢复")
        found.joins = await session.rejoin(cast)
        say(f"重新进入 {len(found.joins)} 次")
        found.recovery = await recovery.recover(cast)
        gone = found.recovery
        say(f"一方断线：别人 {gone.noticed_ms / 1000:.1f} 秒知道，回来 {gone.back_ms / 1000:.1f} 秒恢复")
        found.settlement = await signing.sign(cast, stage, codes, say)
        recorded = time.monotonic() - opened - apart
        await session.close(cast)
        say("以“达成协议”结束")
    found.recording = await archive.retrieve(stage, case, seats, folder)
    unrecorded = (sum(found.joins) + found.recovery.away_ms) / 1000
    found.recording.expected = RECORDED_SEATS * recorded - unrecorded
    found.settlement.path = str(folder / "settlement.pdf")
    say(f"法务写明事由，取回 {found.recording.segments} 段录像和协议书")


def _deaf(role: str, heard: list[str]) -> str:
    missing = "、".join(CALLED[other] for other in EVERYBODY if other not in {role, *heard})
    return f"{CALLED[role]}没有听到或看到{missing}。"
