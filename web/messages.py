"""What is sent to a phone. Gaps are filled by the sender."""

from typing import Final

from cases.codes import CodePurpose
from web.translating import marked as _

CODES: Final[dict[CodePurpose, str]] = {
    CodePurpose.ENTER: _("【和议】{digits} 是您参加调解的数字，5 分钟内有效。工作人员不会问您要它。"),
    CodePurpose.ACT: _("【和议】{digits} 用来签调解协议书（核对短码 {short}），5 分钟内有效。不签就不要填。"),
}
INVITATION: Final = _(
    "【{centre}】{name}：请您参加视频调解（案号 {number}），时间 {when}。"
    "点链接参加：\n{url}\n不收费，不要密码，不会让您转账。有疑问请打 {phone}。"
)
