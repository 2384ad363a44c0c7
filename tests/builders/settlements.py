"""Sample terms, a settlement under way and a sealed file, for every test that needs one."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cases.clocks import iso
from cases.ids import CaseId, PartyId, StaffId
from cases.model import Role
from settlements.authority import LocalAuthority
from settlements.document import Terms, TermsSigner
from settlements.model import Clause, Settlement, Signer
from settlements.pdf import RenderedOffer
from settlements.sealing import SignerFacts, approve, seal

CENTRE = "云州保险纠纷调解中心"
INSURER = "安和在线财产保险股份有限公司"
OFFERED_AT = datetime(2026, 5, 16, 3, 30, tzinfo=UTC)
SEALED_AT = OFFERED_AT + timedelta(minutes=10)
CLAUSES = (
    f"{INSURER}于本协议生效之日起十日内，向周建国支付 33,000.00 元（叁万叁仟元整），汇入尾号 6621 的账户。",
    "双方的保险合同自 2025 年 3 月 3 日起终止，保险公司不再要求返还已经支付的款项。",
    "周建国不再就 2025 年 1 月 8 日至 22 日的住院事故向保险公司提出其他请求。",
    "保险公司逾期付款的，自逾期之日起按日支付未付金额万分之五的违约金。",
    "双方同意共同向有管辖权的人民法院申请司法确认。",
)
MATTERS = (
    "申请人于 2024 年 3 月 15 日投保百万医疗保险，2025 年 1 月因急性胰腺炎住院，请求理赔 47,251.75 元。",
    "保险公司于 2025 年 3 月 3 日以未如实告知为由解除合同并拒赔。双方对健康告知的询问范围存在争议。",
)


def sample_signers() -> tuple[Signer, ...]:
    return (
        Signer("consumer", Role.CONSUMER, "周建国", "", "138****5521", PartyId("p1")),
        Signer("insurer", Role.INSURER, "赵一鸣", INSURER, "139****0808", PartyId("p2")),
        Signer("mediator", Role.MEDIATOR, "林静", CENTRE, "137****1200", StaffId("s1")),
    )


def sample_settlement() -> Settlement:
    return Settlement(CaseId("c1"), sample_signers())


def sample_terms(
    clauses: Sequence[str] = CLAUSES,
    matters: Sequence[str] = MATTERS,
    signers: Sequence[Signer] | None = None,
) -> Terms:
    chosen = sample_signers() if signers is None else signers
    return Terms(
        case_number="〔2026〕云保调字第127号",
        title="调解协议书",
        centre=CENTRE,
        mediator="林静",
        dispute="理赔纠纷",
        claimed="¥47,251.75",
        signers=tuple(TermsSigner(s.field, s.role, s.name, s.organisation, s.phone_masked) for s in chosen),
        matters=tuple(matters),
        clauses=tuple(Clause(n, text) for n, text in enumerate(clauses, 1)),
        offer="5f0c9a7be4d21c6a83b0f2d4",
        offered_at=iso(OFFERED_AT),
        version=2,
    )


def evidence_of(field: str) -> str:
    """Return a stand-in for the digest of the evidence of one act."""
    return hashlib.sha256(f"evidence of {field}".encode()).hexdigest()


def signed_by(
    offer: RenderedOffer, fields: Sequence[str], authority: LocalAuthority, pdf: bytes | None = None
) -> bytes:
    """Return the offer (or `pdf`, which is the offer with some acts) with the acts of `fields` appended."""
    signed = offer.pdf if pdf is None else pdf
    names = {s.field: s.name for s in sample_signers()}
    for minute, field in enumerate(fields, 1):
        at = OFFERED_AT + timedelta(minutes=minute)
        act = SignerFacts(field, names[field], offer.digest, evidence_of(field), at)
        signed = approve(signed, act, authority)
    return signed


def sealed_file(offer: RenderedOffer, authority: LocalAuthority) -> bytes:
    """Return the offer with all acts and the seal."""
    fields = [s.field for s in sample_signers()]
    return seal(signed_by(offer, fields, authority), authority, SEALED_AT)
