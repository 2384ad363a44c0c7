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
    "truth.hears": _("听得到您的：{names}"),
    "truth.hears.muted": _("麦克风关着。看得到您的：{names}"),
    "truth.hears.off": _("麦克风和画面都关着。在场：{names}"),
    "truth.hears.nobody": _("现在没有别人听得到您"),
    "truth.private": _("现在只有您和调解员"),
    "truth.private.several": _("现在只有您这一方和调解员"),
    "truth.private.applicant": _("不录像，保险公司听不到、看不到"),
    "truth.private.respondent": _("不录像，申请人听不到、看不到"),
    "truth.private.detail": _("不录像。听得到您的：{names}"),
    "truth.apart": _("现在没有人看得到您、听得到您"),
    "truth.apart.detail": _("调解员正在和另一方单独谈"),
    "truth.mediator-away": _("调解员掉线了，请稍候"),
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
    "tile.away": _("网络断了，正在重连"),
    "tile.paused": _("画面已暂停，声音正常"),
    "tile.stalled": _("画面停住了，正在恢复"),
}

LINE: Final[dict[str, str]] = {
    "line.good": _("网络好"),
    "line.weak": _("网络弱"),
    "line.lost": _("网络很差"),
    "line.sound-first": _("您的网络弱，先保证声音"),
    "line.cameras-paused": _("您的网络弱，画面已暂停，声音正常"),
}

ROOM: Final[dict[str, str]] = {**TRUTH, **TILES, **LINE}
