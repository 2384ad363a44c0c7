"""Names of roles, grounds and the like, as the domain has them."""

from typing import Final

from cases.model import Dispute, Ground, Role, Side


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
