"""Names of roles, grounds and the like, as the domain has them."""

from collections.abc import Mapping
from typing import Final

from cases.model import Dispute, Ground, Role, Side
from web.translating import gettext
from web.translating import marked as _
from web.views import Check

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

# How far a case is (`CaseRow.stage`).
STAGES: Final[dict[str, str]] = {
    "scheduled": _("已约时间"),
    "waiting": _("有人在等候"),
    "open": _("正在调解"),
    "settled": _("协议已盖章"),
    "closed": _("已结束"),
}

LINKS: Final[dict[str, str]] = {
    "works": _("链接有效，还没有用过"),
    "used": _("已经用链接进来过"),
    "expired": _("链接过期"),
    "revoked": _("链接已作废"),
    "none": _("还没有链接"),
}

SETTLEMENTS: Final[dict[str, str]] = {
    "none": _("还没有协议"),
    "draft": _("正在起草"),
    "offered": _("等待签名"),
    "signed": _("签完，正在盖章"),
    "sealed": _("已盖章"),
    "declined": _("有人拒签"),
}

# Why a recorded interval ended; empty while it is being written.
SEGMENT_CAUSES: Final[dict[str, str]] = {
    "": _("正在录"),
    "caucus": _("单独会谈开始"),
    "left": _("本人离开"),
    "screen-stopped": _("停止共享"),
    "line-lost": _("掉线"),
    "removed": _("调解员结束其参加"),
    "paused": _("调解员暂停录像"),
    "closed": _("调解结束"),
    "stream-changed": _("换了设备或画面格式，接着录"),
    "shutdown": _("服务器正常停止"),
    "crash": _("服务器意外停止"),
    "fault": _("录像机或磁盘出错"),
    "consent-withdrawn": _("撤回录像同意"),
}

# Why somebody was not recorded for a while; empty when nothing had come from them yet.
GAP_CAUSES: Final[dict[str, str]] = {
    "": _("还没有声音和画面"),
    "nothing-received-yet": _("还没有声音和画面"),
    "caucus": _("单独会谈，不录像"),
    "left": _("离开了"),
    "screen-stopped": _("停止共享"),
    "line-lost": _("掉线"),
    "removed": _("被请离"),
    "paused": _("调解员暂停了录像"),
    "closed": _("调解已经结束"),
    "stream-changed": _("正在换设备"),
    "shutdown": _("服务器停止"),
    "crash": _("服务器意外停止"),
    "fault": _("录像机或磁盘出错"),
    "consent-withdrawn": _("撤回录像同意，不录像"),
}

SEGMENT_STATES: Final[dict[str, str]] = {
    "ok": _("散列相符"),
    "altered": _("散列不符"),
    "open": _("还在录，没有散列"),
    "missing": _("文件不见了"),
    "unwritten": _("当时没有写下"),
}

# What a segment lacks of a session that is over, where its state does not say it already.
LACKS: Final[dict[str, str]] = {
    "no-end": _("这一段还没有收尾。写下的都在，服务器下次启动时收尾。"),
    "no-copy": _("方便跳转的副本还没有做好，原件照常可看。服务器会再做，不用操作。"),
}

# Why a segment has no copy, where somebody has to know.
NO_COPY: Final[dict[str, str]] = {
    "disk-full": _("磁盘快满了，没有做方便跳转的副本，原件都在。请管理员腾出空间，之后会自动再做。"),
    "disk": _("磁盘写不进去，没有做方便跳转的副本，原件都在。请管理员检查磁盘。"),
    "time": _("原件里的时间对不上，没有做方便跳转的副本，原件照常可看。请告诉管理员。"),
    "no-file": _("原件的格式读不懂，没有做方便跳转的副本，原件都在。请告诉管理员。"),
}

CHECKED: Final = _("已核对：媒体时长 {length}，与时钟相差 {off} 秒")
KEYFRAMES: Final = _("，关键帧最长间隔 {seconds} 秒")
NO_BREAK: Final = _("，没有间断")
SOUND_BREAKS: Final = _("，声音间断 {count} 处共 {seconds} 秒")
PICTURE_BREAKS: Final = _("，画面间断 {count} 处共 {seconds} 秒")

# The checks of a case file, each by itself: title, and what is said of it when it passed and when not.
CHECKS: Final[dict[str, tuple[str, str, str]]] = {
    "recording": (_("录像散列"), _("{count} 段都符"), _("{bad} 段不符，共 {count} 段")),
    "complete": (_("录像齐全"), _("齐全，都有副本"), _("{bad} 段不齐，共 {count} 段")),
    "stored-hash": (_("协议书散列"), _("与存档一致"), _("与存档不一致")),
    "seal": (_("印章和签名"), _("有效"), _("无效")),
    "terms": (_("条款摘要"), _("与签名时一致"), _("与签名时不一致")),
    "audit-chain": (_("日志链"), _("连续"), _("断开或被改")),
}

NONE: Final = _("没有录像")
LENGTH: Final = _("{minutes} 分 {seconds} 秒")
SCREEN_OF: Final = _("{name}的屏幕")
CHAIN_DETAIL: Final = _("共 {count} 条，按顺序相连")
SEAL_DETAIL: Final = _("中心自签的证书：证明没改过，不证明身份。时间由中心自己的时钟记。")


def recorded_name(name: str, *, screen: bool) -> str:
    """Return what a segment shows: the person of this name, or what they shared."""
    return gettext(SCREEN_OF).format(name=name) if screen else name


def duration(seconds: float) -> str:
    """Return 10 分 02 秒."""
    minutes, rest = divmod(round(seconds), 60)
    return gettext(LENGTH).format(minutes=minutes, seconds=f"{rest:02d}")


def checked(figures: Mapping[str, int]) -> str:
    """Return what was found in a segment, in one line."""
    off = abs(figures["media_ms"] - figures["wall_ms"]) / 1000
    parts = [gettext(CHECKED).format(length=duration(figures["media_ms"] / 1000), off=f"{off:.1f}")]
    if figures["keyframes"]:
        parts.append(gettext(KEYFRAMES).format(seconds=f"{figures['keyframe_ms'] / 1000:.1f}"))
    for breaks, count, ms in (
        (SOUND_BREAKS, figures["sound_gaps"], figures["sound_gap_ms"]),
        (PICTURE_BREAKS, figures["picture_gaps"], figures["picture_gap_ms"]),
    ):
        if count:
            parts.append(gettext(breaks).format(count=count, seconds=f"{ms / 1000:.1f}"))
    if not figures["sound_gaps"] + figures["picture_gaps"]:
        parts.append(gettext(NO_BREAK))
    return "".join(parts)


def lack(key: str, reason: str) -> str:
    """Return what a segment lacks and what becomes of it; empty when its state says it already."""
    text = NO_COPY.get(reason) if key == "no-copy" else None
    text = text or LACKS.get(key, "")
    return gettext(text) if text else ""


def complete_check(count: int, bad: int, *, lost: bool) -> Check:
    """Return whether a recording of `count` segments is complete; `lost`: more than a copy is missing."""
    verdict = check_verdict("complete", not bad).format(count=count, bad=bad)
    state = "passed" if not bad else "failed" if lost else "note"
    return Check("complete", state, check_title("complete"), verdict, "")


def chain_detail(length: int) -> str:
    return gettext(CHAIN_DETAIL).format(count=length)


def seal_detail() -> str:
    return gettext(SEAL_DETAIL)


def check_title(key: str) -> str:
    return gettext(CHECKS[key][0])


def check_verdict(key: str, passed: bool) -> str:
    return gettext(CHECKS[key][1 if passed else 2])


def file_check(count: int, bad: int) -> Check:
    """Return the check of a recording of `count` segments, `bad` of which do not fit their hashes."""
    state = "absent" if not count else "failed" if bad else "passed"
    verdict = check_verdict("recording", not bad).format(count=count, bad=bad)
    return Check("recording", state, check_title("recording"), verdict if count else gettext(NONE), "")
