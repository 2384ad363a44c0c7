"""Texts of every page with a microphone: the truth strip and the video tiles.

The keys are those of `web/static/js/lib`; a page may put other words under the same keys.
"""

from typing import Final

from web.translating import marked as _

TRUTH: Final[dict[str, str]] = {
    "separator": _("、"),
    "truth.checking": _("只有您自己看得到、听得到"),
    "truth.checking.detail": _("还没有连到任何人，没有录像"),
    "truth.waiting": _("现在没有人看得到您、听得到您"),
    "truth.waiting.detail": _("没有录像，麦克风关着"),
    "truth.elsewhere": _("您正在另一台设备上参加"),
    "truth.elsewhere.detail": _("这一台没有人看得到、听得到，没有录像"),
    "truth.before": _("现在没有人看得到您、听得到您"),
    "truth.before.detail": _("还没有开始，没有录像"),
    "truth.joint": _("大家一起谈，正在录像"),
    "truth.joint.others": _("大家一起谈，在录像，不录您"),
    "truth.joint.unrecorded": _("大家一起谈，没有录像"),
    "truth.joint.paused": _("大家一起谈，录像停了"),
    "truth.joint.failed": _("录制中断，大家还在一起谈"),
    "truth.joint.failed.me": _("录制中断，现在没有录您"),
    "truth.joint.failed.others": _("正在录像，有人的录制中断"),
    "truth.hears": _("听得到您的：{names}"),
    "truth.hears.muted": _("麦克风关着。看得到您的：{names}"),
    "truth.hears.off": _("麦克风和画面都关着。在场：{names}"),
    "truth.hears.screen": _("听得到您、看得到您屏幕的：{names}"),
    "truth.hears.muted.screen": _("麦克风关着。看得到您和您屏幕的：{names}"),
    "truth.hears.off.screen": _("麦克风和画面都关着。看得到您屏幕的：{names}"),
    "truth.hears.nobody": _("现在没有别人听得到您"),
    "truth.private": _("现在只有您和调解员"),
    "truth.private.several": _("现在只有您这一方和调解员"),
    "truth.private.applicant": _("不录像，保险公司听不到、看不到"),
    "truth.private.respondent": _("不录像，申请人听不到、看不到"),
    "truth.private.detail": _("不录像。听得到您的：{names}"),
    "truth.private.screen": _("您的屏幕{names}看得到。{detail}"),
    "truth.apart": _("现在没有人看得到您、听得到您"),
    "truth.apart.detail": _("调解员正在和另一方单独谈"),
    "truth.mediator-away": _("调解员的网络断了，请稍等"),
    "truth.mediator-away.detail": _("现在没有人听得到您"),
    "truth.out": _("您不在调解室里"),
    "truth.out.detail": _("没有人看得到您、听得到您"),
    "truth.closed": _("这次调解已经结束"),
    "truth.closed.detail": _("没有人看得到您、听得到您，没有录像"),
}

TILES: Final[dict[str, str]] = {
    "tile.me": _("您自己"),
    "tile.role.mediator": _("调解员"),
    "tile.role.consumer": _("申请人"),
    "tile.role.agent": _("代理人"),
    "tile.role.supporter": _("陪同"),
    "tile.role.insurer": _("保险公司"),
    "tile.role.approver": _("审批人"),
    "tile.role.minutes-taker": _("记录人"),
    "tile.role.expert": _("专家"),
    "tile.role.care": _("关爱专席"),
    "tile.muted": _("，麦克风关着"),
    "tile.camera-off": _("画面已关"),
    "tile.away": _("{name}的网络断了，等一等"),
    "tile.away.short": _("掉线了"),
    "tile.offline": _("等您的网络回来"),
    "tile.offline.short": _("等您的网络"),
    "tile.restart": _("等系统回来"),
    "tile.restart.short": _("等系统"),
    "tile.paused": _("画面已暂停"),
    "tile.stalled": _("画面停住了"),
    "tile.coming": _("画面马上就来"),
}

LINE: Final[dict[str, str]] = {
    "line.good": _("网络好"),
    "line.weak": _("网络弱"),
    "line.lost": _("网络很差"),
    "line.very-bad": _("您的网络很差，声音可能断断续续。请靠近无线路由器，或改用手机流量。您的位置还在。"),
    "line.sound-first": _("您的网络弱，画面可能不清楚，先保证声音。"),
    "line.cameras-paused": _("您的网络弱，画面已暂停，声音正常。网络好了会自己恢复。"),
}

SCREEN: Final[dict[str, str]] = {
    "screen.of": _("{name}共享的画面"),
    "screen.of.unrecorded": _("{name}共享的画面，不录像"),
    "screen.coming": _("正在接通{name}共享的画面"),
    "screen.paused": _("共享的画面先停着，网络好了会自己回来"),
    "screen.offline": _("等您的网络回来"),
    "screen.restart": _("等系统回来"),
    "screen.ended": _("{name}的画面共享停了，接着谈。"),
    "share.start": _("共享画面"),
    "share.stop": _("停止共享"),
    "share.choosing": _("请在弹出的窗口里，选要给{names}看的画面"),
    "share.choosing.nobody": _("请在弹出的窗口里，选要共享的画面"),
    "share.starting": _("正在开始共享画面"),
    "share.shown": _("您选的画面，{names}看得到"),
    "share.shown.sound": _("您选的画面和它的声音，{names}看得到、听得到。麦克风一关，声音也听不到。"),
    "share.shown.sound-off": _("您选的画面，{names}看得到。麦克风关着，它的声音听不到。"),
    "share.nobody": _("现在没有别人"),
    "share.taken": _("{name}正在共享画面，一次只能一个人"),
    "share.ended.own": _("画面共享停了"),
    "share.ended.mediator": _("调解员停了您的画面共享。要再共享，点“共享画面”。"),
    "share.ended.private": _("换成单独会谈了，刚才的画面共享已经停了。要在这里共享，再点“共享画面”。"),
    "share.ended.joint": _("回到一起谈了，刚才的画面共享已经停了。要共享，再点“共享画面”。"),
    "share.ended.apart": _("您的画面共享已经停了。"),
    "share.ended.line": _("网络断过，画面共享停了。要再共享，点“共享画面”。"),
    "share.ended.failed": _("这个画面打不开，没有共享。请换一个窗口再试。"),
    "share.ended.system": _("电脑没有允许浏览器共享画面。请在系统设置里允许“屏幕录制”，再试一次。"),
}

ROOM: Final[dict[str, str]] = {**TRUTH, **TILES, **LINE, **SCREEN}
