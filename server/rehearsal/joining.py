"""From nothing to three people in one room: staff sign in, a case, links, codes, consents, admission."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cases.clocks import SHANGHAI
from cases.consents import TEXTS
from server.rehearsal.actor import Actor
from server.rehearsal.failing import Failed
from server.rehearsal.stage import (
    CONSUMER,
    EVERYBODY,
    INSURER,
    MEDIATOR,
    PARTIES,
    Cast,
    Codes,
    GivenCase,
    Say,
    SignIn,
    Stage,
    next_code,
    together,
)

NAMES: Final = {
    "applicant_name": "周建国",
    "respondent_name": "孙敏",
    "respondent_organisation": "安和在线财险",
}
DEVICES: Final = {"mic": True, "camera": True}

_LINK = re.compile(r"/i/[A-Za-z0-9_-]{20,}")


async def gather(cast: Cast, stage: Stage, codes: Codes, say: Say) -> tuple[GivenCase, dict[str, str]]:
    """Bring everybody into the open room; return the case and everybody's seat by role."""
    base = await sign_in(cast.mediator, stage.mediator)
    say("调解员登录")
    case = stage.case or await _open_case(cast.mediator, base, stage)
    await cast.mediator.do("settle_at", base=f"{base}/cases/{case.id}")
    say(f"案件 {case.number}，双方的链接")
    await together(
        {
            MEDIATOR: _take_the_chair(cast.mediator),
            **{role: _join(cast[role], stage, codes, case) for role in PARTIES},
        }
    )
    say("双方用链接和一次性数字进来，逐项答复同意书，敲门")
    seats: dict[str, str] = await cast.mediator.do("finds", admission="waiting", roles=list(PARTIES))
    for role in PARTIES:
        await cast.mediator.do("tell", type="admit", fields={"seat": seats[role]})
    await together({role: cast[role].do("connect") for role in PARTIES})
    await cast.mediator.do("tell", type="open", fields={})
    views = await cast.all_joint()
    say("调解员放行双方，开始调解")
    return case, {role: views[role]["view"]["me"]["seat"] for role in EVERYBODY}


async def sign_in(who: Actor, account: SignIn) -> str:
    """Sign in; return `/staff/<id>`. Raises Failed."""
    if account.ticket:
        path = await who.do("open", path=account.ticket)
    else:
        await who.do("open", path="/staff/sign-in")
        fields = {"phone": account.phone, "password": account.password}
        path = (await who.do("submit", to="/staff/sign-in", fields=fields))["path"]
    return staff_base(path)


def staff_base(path: str) -> str:
    """Return `/staff/<id>` of the page that a sign-in led to. Raises Failed."""
    parts = path.split("/")
    if len(parts) < 3 or parts[1] != "staff" or parts[2] == "sign-in":  # noqa: PLR2004
        raise Failed("登录没有成功。")
    return "/".join(parts[:3])


async def _open_case(mediator: Actor, base: str, stage: Stage) -> GivenCase:
    await mediator.do("open", path=f"{base}/cases/new")
    soon = datetime.now(UTC).astimezone(SHANGHAI) + timedelta(minutes=5)
    number = f"〔{soon.year}〕演练调字第{soon:%m%d%H%M%S}号"
    fields = NAMES | {
        "number": number,
        "title": "百万医疗险拒赔",
        "dispute": "claim-denial",
        "claimed": "47251.75",
        "scheduled": f"{soon:%Y-%m-%dT%H:%M}",
        "applicant_phone": stage.phone(CONSUMER),
        "respondent_phone": stage.phone(INSURER),
    }
    opened: dict[str, Any] = await mediator.do("submit", to="/cases/new", fields=fields)
    id_ = opened["path"].rpartition("/")[2]
    actions = list(dict.fromkeys(a for a in opened["actions"] if "/links/" in a))
    if len(actions) != len(PARTIES):
        raise Failed(f"案件页上有 {len(actions)} 位当事人的链接，应为 2 位。")
    return GivenCase(id_, number, (await _issue(mediator, actions[0]), await _issue(mediator, actions[1])))


async def _issue(mediator: Actor, action: str) -> str:
    issued = await mediator.do("submit", to=action, fields={"do": "issue"})
    found = _LINK.findall(issued["text"])
    if not found:
        raise Failed("生成链接以后，页面上没有邀请文字。")
    return str(found[0])


async def _take_the_chair(mediator: Actor) -> None:
    """Enter the mediator's own room, which needs nobody's admission."""
    await mediator.do("enter")
    await mediator.do("tell", type="knock", fields=DEVICES)
    await mediator.do("connect")


async def _join(party: Actor, stage: Stage, codes: Codes, case: GivenCase) -> None:
    """Follow the link, confirm the code, answer the consents, enter and knock."""
    link, phone = case.links[PARTIES.index(party.role)], stage.phone(party.role)
    await party.do("open", path=link)
    known = len(codes.codes(phone))
    await party.do("submit", to="/code", fields={})
    code = await next_code(codes, phone, known)
    arrived = await party.do("submit", to="/confirm", fields={"code": code})
    if arrived["path"].endswith("/consents"):
        answers = {f"consent-{text.purpose}": "yes" for text in TEXTS}
        arrived = await party.do("submit", to="/consents", fields=answers)
    if not arrived["path"].endswith("/room"):
        raise Failed(f"{party.role}：没有进到房间，而是 {arrived['path']}。")
    await party.do("settle_at", base=arrived["path"].removesuffix("/room"))
    await party.do("enter")
    await party.do("tell", type="knock", fields=DEVICES)
