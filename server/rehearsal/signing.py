"""The settlement: clauses, offer, three acts, each with a code of its own, and the seal."""

from typing import Any, Final

from server.rehearsal.failing import Failed, text_of
from server.rehearsal.report import Settlement
from server.rehearsal.stage import EVERYBODY, MEDIATOR, PARTIES, Cast, Codes, Say, Stage, next_code, together

CLAUSES: Final = (
    "安和在线财险于本协议生效之日起十日内向周建国支付人民币33,000.00元（叁万叁仟元整）。",
    "双方确认保险合同自2025年3月3日终止。",
    "周建国不再就本次保险事故向安和在线财险提出其他请求。",
    "双方同意共同向人民法院申请司法确认。",
)
SENDING: Final = 40.0  # seconds: a second code for one phone has to wait for half a minute
SEALING: Final = 20.0  # seconds for rendering, and for the acts and the seal


async def sign(cast: Cast, stage: Stage, codes: Codes, say: Say) -> Settlement:
    """Have the clauses offered and signed by all; return what the three pages say at the end."""
    found = Settlement()
    await cast.mediator.do("post", to="clauses", body={"clauses": list(CLAUSES)})
    await cast.mediator.do("post", to="offer", body={}, within=SEALING)
    offers = await cast.all("agreed", states=["offered"], mine=False)
    digests = {text_of(offer, "digest") for offer in offers.values()}
    if len(digests) != 1:
        raise Failed("三个人看到的协议书摘要不一样。")
    digest = digests.pop()
    found.pages = int(offers[MEDIATOR]["pages"])
    say(f"写下 {len(CLAUSES)} 条，提出协议书，核对短码 {offers[MEDIATOR]['short']}")
    await together({role: _act(cast, role, stage, codes, digest) for role in PARTIES})
    say("双方签署")
    await cast.mediator.do("agreed", states=["offered"], mine=True)
    await _act(cast, MEDIATOR, stage, codes, digest)
    ends: dict[str, dict[str, Any]] = await cast.all("agreed", states=["sealed"], mine=False, within=SEALING)
    found.acts = min(sum(bool(s["signed"]) for s in end["signers"]) for end in ends.values())
    found.sealed = all(ends[role]["state"] == "sealed" for role in EVERYBODY)
    say("调解员最后签署，中心盖章")
    return found


async def _act(cast: Cast, role: str, stage: Stage, codes: Codes, digest: str) -> None:
    phone = stage.phone(role)
    known = len(codes.codes(phone))
    await cast[role].do("post", to="code", body={"digest": digest}, within=SENDING)
    body = {"digest": digest, "code": await next_code(codes, phone, known), "intent": True}
    await cast[role].do("post", to="act", body=body, within=SEALING)
