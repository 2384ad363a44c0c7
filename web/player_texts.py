"""Texts of the player of a session: what a tile says instead of a picture, and why everything waits."""

from typing import Final

from web.translating import marked as _

PLAYER: Final[dict[str, str]] = {
    "player.play": _("播放"),
    "player.pause": _("暂停"),
    "player.at": _("{elapsed}，{clock}"),
    "player.clock": _("北京时间 {clock}"),
    "player.waiting": _("正在等{names}的录像，到了接着放"),
    "player.offline": _("网络断了，停在这里。连上后接着放，不用点任何东西。"),
    "player.over": _("调阅时间到了，停在 {elapsed}。回到检索，再写一次事由，从这里接着看。"),
    "player.signed-out": _("登录已经结束，停在 {elapsed}。重新登录，再写一次事由，从这里接着看。"),
    "player.ended": _("放完了"),
    "player.camera-off": _("画面关着，声音照放"),
    "player.sound-only": _("这一段只有声音"),
    "player.broken": _("这一段放不出来，其余的照放"),
    "player.short": _("这一段的录像到这里为止"),
    "player.separator": _("、"),
}
