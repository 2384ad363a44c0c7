"""What stands beside a field that has to be mended."""

from typing import Final

from web.translating import marked as _

EMPTY: Final = _("这一项要填。")
TOO_LONG: Final = _("最多 {limit} 个字。")
UNPRINTABLE: Final = _("协议书的字体印不出这个字：{characters}。请换一种写法，或请技术人员加字体。")
NUMBER_TAKEN: Final = _("这个案号已经有了，请换一个。")
PHONE: Final = _("请写 11 位手机号，短信要发到这个号。")
SAME_PHONE: Final = _("双方的手机号不能一样。")
DISPUTE: Final = _("请选一种纠纷。")
CLAIMED: Final = _("请写金额，例如 33000.00。")
SCHEDULED: Final = _("请选日期和时间。")
DAY: Final = _("日期写得不对，例如 2025-09-18。")
