"""What a person reads when the rules say no: what happened, that nothing is lost, what to do next."""

from collections.abc import Mapping
from typing import Final

from cases.errors import Reason, Refused
from cases.ids import SeatId
from rooms.views import Name
from web.translating import gettext
from web.translating import marked as _

TEXTS: Final[dict[Reason, str]] = {
    Reason.LINK_UNKNOWN: _("这个链接不对，可能没有复制完整。请从短信里重新点开，或打调解中心电话。"),
    Reason.LINK_EXPIRED: _("这个链接过期了。给调解中心打电话，马上发新的。"),
    Reason.LINK_REVOKED: _("这个链接已经换成新的了。请点最新一条短信，或打调解中心电话。"),
    Reason.SIGNED_OUT: _("需要重新确认是您本人。请从短信里的链接再进一次，工作人员请重新登录。填过的都在。"),
    Reason.FORGED: _("这个页面放得太久了。请刷新一下再试，填过的都在。"),
    Reason.CODE_WRONG: _("这 6 位数字不对，还能试 {left} 次。请看最新一条短信。"),
    Reason.CODE_EXPIRED: _("这 6 位数字过了 5 分钟，不能用了。点“再发一次”，别的都不用重做。"),
    Reason.CODE_USED: _("这 6 位数字已经用过了。点“再发一次”，会收到新的。"),
    Reason.CODE_NONE: _("还没有给您发过数字。点“再发一次”，看手机短信。"),
    Reason.CODE_TOO_MANY_TRIES: _("试的次数太多了，先停一停。请打调解中心电话，由人帮您。"),
    Reason.CODE_TOO_MANY: _("这一小时发的短信够多了。请 {minutes} 分钟后再试，或打调解中心电话。"),
    Reason.CODE_TOO_SOON: _("短信刚发出，请等 {seconds} 秒再点。"),
    Reason.SMS_FAILED: _("短信没有发出去。填过的都在，请过一会儿再点一次，或打调解中心电话。"),
    Reason.SIGN_IN_WRONG: _("手机号或密码不对。"),
    Reason.SIGN_IN_SLOWED: _("试得太快了，请 {seconds} 秒后再试。"),
    Reason.NOT_YOURS: _("这一步要由调解员来做。"),
    Reason.NOT_NOW: _("现在还不能这样做，或者刚才已经做过了。页面上是最新的情况。"),
    Reason.CONSENT_MISSING: _("还差几项同意没有选。请先选完，再去等候室。"),
    Reason.SEAT_REFUSED: _("调解员这次没有请您进去。有疑问请打调解中心电话。"),
    Reason.SEAT_REMOVED: _("调解员结束了您的参加。有疑问请打调解中心电话。"),
    Reason.SEAT_ELSEWHERE: _("您正在另一台设备上参加。请用那一台，或等调解员让这一台进来。"),
    Reason.ROOM_CLOSED: _("这次调解已经结束。"),
    Reason.CAUCUS_OPEN: _("正在单独会谈，结束后才能这样做。"),
    Reason.CAUCUS_NONE: _("现在没有单独会谈。"),
    Reason.SIDE_ABSENT: _("这一方还没有人在里面，不能单独会谈。"),
    Reason.MEDIATOR_ABSENT: _("您还没有进入调解室。"),
    Reason.SCREEN_TAKEN: _("{name}正在共享画面，一次只能一个人。等共享停了，您再点一次。"),
    Reason.OVERLOADED: _("服务器正忙，现在开始会卡，所以没有开始。请过几分钟再点一次；大家都还在。"),
    Reason.SCREEN_TOO_MANY: _("刚才共享开了好几次，这次没有开始。通话照常，请过一分钟再点一次。"),
    Reason.RECORDER_DOWN: _("录像写不进去，所以没有开始。请技术人员检查磁盘，然后再点一次。"),
    Reason.GROUND_MISSING: _("协议已经盖章，请选“达成协议”来结束。"),
    Reason.NOT_SETTLED: _("协议还没有签完盖章。请选别的结束方式，或先签完。"),
    Reason.CLAUSES_EMPTY: _("至少写一条，空的一条请删去。写好的都在。"),
    Reason.CLAUSES_TOO_LONG: _("最多 {clauses} 条，每条最多 {characters} 字。写好的都在，请分开或缩短。"),
    Reason.UNPRINTABLE: _("协议书的字体印不出这个字：{characters}。请换一种写法，或请技术人员加字体。"),
    Reason.OFFER_NONE: _("现在没有要签的协议。"),
    Reason.OFFER_CHANGED: _("协议改过了，刚才那份作废。请看新的一份再签。"),
    Reason.ACT_DONE: _("您已经签过了。"),
    Reason.INTENT_MISSING: _("请先勾选“我逐条听懂了，自愿签这份协议”。"),
    Reason.MESSAGE_UNKNOWN: _("页面和服务器的版本不一样。请刷新一下，您的位置还在。"),
    Reason.MESSAGE_TOO_LONG: _("发来的内容太长，没有收下。请缩短后再试。"),
    Reason.MESSAGE_TOO_MANY: _("点得太快了，请等几秒再试。您的位置还在。"),
    Reason.MESSAGE_BAD: _("页面发来的内容看不懂，没有收下。请刷新一下，您的位置还在。"),
    Reason.SDP_BAD: _("这个浏览器发来的连接方式不支持。请换用系统自带的浏览器再试。"),
    Reason.MEDIA_TOO_MANY: _("连得太频繁了，几秒后会自动再连。您的位置还在。"),
    Reason.MEDIA_FULL: _("现在连接的人太多，空出来会自动连上。您的位置还在。"),
    Reason.PROBE_TOO_MANY: _("刚才测过好几次了，请过半分钟再测。不影响参加调解。"),
    Reason.FIELD_BAD: _("这一项写得不对，请照提示改。"),
    Reason.REASON_MISSING: _("卷宗要写明事由才能打开。"),
    Reason.GRANT_EXPIRED: _("调阅时间到了。再写一次事由，可以继续看。"),
    Reason.BUSY: _("服务器忙，没有做成。什么都没丢，请过一会儿再点一次。"),
}

BROKEN: Final = _("系统出了问题，没有做成。已经保存的都在，请过一会儿再试，或打调解中心电话。")
NOT_FOUND: Final = _("这里没有这个页面，或者不是给您看的。")


def refusal_text(refused: Refused, names: Mapping[SeatId, Name] | None = None) -> str:
    """Return the sentence for a refusal, its gaps filled; `{name}` is that of the fact `seat`, by `names`."""
    facts = _Facts(refused.facts)
    seat = SeatId(str(facts["seat"]))
    if names is not None and seat in names:
        facts["name"] = names[seat].name
    return gettext(TEXTS[refused.reason]).format_map(facts)


class _Facts(dict[str, str | int]):
    """A fact that a refusal keeps to itself (which character of a name) leaves dots, not an error."""

    def __missing__(self, name: str) -> str:
        return "…"


# Why a page was sent away for good, or for the moment of a restart.
BYES: Final = {
    "replaced": _("您在另一个窗口或另一台设备上打开了这里。请用那一个，这一个可以关了。"),
    "signed-out": _("需要重新确认是您本人。请从短信里的链接再进一次，工作人员请重新登录。填过的都在。"),
    "removed": _("调解员结束了您的参加。有疑问请打调解中心电话。"),
    "slow": _("网络太慢，正在重连。您的位置还在。"),
    "restart": _("系统正在重启，马上自动连回来。您的位置还在。"),
}

# Titles of problem pages by status; 0 is for all others.
TITLES: Final = {
    0: _("没有做成"),
    401: _("请重新进入"),
    403: _("没有提交"),
    404: _("没有找到"),
    410: _("链接不能用了"),
    429: _("请稍等"),
    500: _("系统出了问题"),
    503: _("系统出了问题"),
}
