"""Names of roles, grounds and the like, as the domain has them."""

from typing import Final

from cases.model import Dispute, Ground, Role, Side
from web.translating import gettext
from web.views import Check


def _(text: str) -> str:
    """Mark a text for extraction; it is translated when it is shown."""
    return text


ROLES: Final[dict[Role, str]] = {
    Role.CONSUMER: _("申请人"),
    Role.AGENT: _("委托代理人"),
    Role.SUPPORTER: _("陪同人员"),
    Role.INSURER: _("保险公司代表"),
    Role.APPROVER: _("保险公司审批人"),
    Role.MEDIATOR: _("调解员"),
    Role.MINUTES_TAKER: _("记录人"),
    Role.EXPERT: _("专家"),
    Role.CARE: _("关爱专席"),
    Role.LEGAL: _("法务"),
    Role.ADMIN: _("管理员"),
}

# One character a side, because colour alone is not enough.
SIDE_MARKS: Final[dict[Side, str]] = {
    Side.APPLICANT: _("申"),
    Side.RESPONDENT: _("被"),
    Side.CENTRE: _("调"),
}

SIDES: Final[dict[Side, str]] = {
    Side.APPLICANT: _("申请人一方"),
    Side.RESPONDENT: _("保险公司一方"),
    Side.CENTRE: _("调解中心"),
}

DISPUTES: Final[dict[Dispute, str]] = {
    Dispute.CLAIM_DENIAL: _("拒赔"),
    Dispute.LOSS_ASSESSMENT: _("定损"),
    Dispute.MIS_SELLING: _("销售误导"),
    Dispute.RESCISSION: _("解除合同"),
    Dispute.OTHER: _("其他"),
}

GROUNDS: Final[dict[Ground, str]] = {
    Ground.SETTLED: _("达成协议"),
    Ground.WITHDRAWN: _("自行和解后撤回"),
    Ground.UNREACHABLE: _("在期限内联系不上"),
    Ground.UNWILLING: _("一方不愿继续"),
    Ground.TOO_FAR_APART: _("分歧太大"),
    Ground.NO_AGREEMENT_IN_TIME: _("到期没有达成协议"),
    Ground.REFUSED_TO_SIGN: _("拒绝签名"),
    Ground.OTHER: _("其他"),
}

# The checks of a case file, each by itself: title, and what is said of it when it passed and when not.
CHECKS: Final[dict[str, tuple[str, str, str]]] = {
    "recordings": (_("录像散列"), _("{count} 段都符"), _("{bad} 段不符，共 {count} 段")),
    "stored-hash": (_("协议书散列"), _("与存档一致"), _("与存档不一致")),
    "seal": (_("印章和签名"), _("有效"), _("无效")),
    "terms": (_("条款摘要"), _("与签名时一致"), _("与签名时不一致")),
    "audit-chain": (_("日志链"), _("连续"), _("断开或被改")),
}

NONE: Final = _("没有录像")


def check_title(key: str) -> str:
    return gettext(CHECKS[key][0])


def check_verdict(key: str, passed: bool) -> str:
    return gettext(CHECKS[key][1 if passed else 2])


def file_check(count: int, bad: int) -> Check:
    """Return the check of a recording of `count` segments, `bad` of which do not fit their hashes."""
    state = "absent" if not count else "failed" if bad else "passed"
    verdict = check_verdict("recordings", not bad).format(count=count, bad=bad)
    return Check("recordings", state, check_title("recordings"), verdict if count else gettext(NONE), "")
