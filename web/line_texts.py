"""Texts of the test of the own line: each way's result, and what all of them mean together."""

from typing import Final

from web.translating import marked as _

WAYS: Final[dict[str, str]] = {
    "line-test.way.running": _("正在测"),
    "line-test.way.passed": _("通，{seconds} 秒"),
    "line-test.way.failed": _("这条没通"),
    "line-test.way.untested": _("没有测"),
}

VERDICTS: Final[dict[str, str]] = {
    "line-test.running.title": _("正在测，大约十秒"),
    "line-test.running": _("请稍等，不用点任何东西。"),
    "line-test.direct.title": _("这个网络可以参加调解"),
    "line-test.direct": _("画面和声音都能连上，您不用再做什么。"),
    "line-test.relay.title": _("这个网络可以参加调解"),
    "line-test.relay": _("画面和声音都能连上，会自动连，您不用再做什么。"),
    "line-test.slow.title": _("能参加，画面可能慢一点"),
    "line-test.slow": _("会自动连上，您不用做什么。想更清楚，可以换一个网络再测，比如手机流量。"),
    "line-test.none.title": _("这个网络连不上"),
    "line-test.none": _(
        "您填过的都在。请换一个网络：用着无线网的，改用手机流量；用着流量的，改连无线网。"
        "再点“再测一次”。还是不行，请打调解中心电话。"
    ),
    "line-test.offline.title": _("您的网络断了"),
    "line-test.offline": _("连上以后，会自动再测一次。您填过的都在。"),
    "line-test.unsupported.title": _("这个浏览器不能开视频"),
    "line-test.unsupported": _("请换手机自带的浏览器，从短信里的链接再进来。您填过的都在。"),
    "line-test.refused.title": _("这次没有测成"),
}

_FOR_STAFF: Final[dict[str, str]] = {
    "line-test.direct": _("直接连得上，不用再做什么。"),
    "line-test.relay": _("要经过中转，会自动走，不用再做什么。"),
    "line-test.slow": _("只有备用中转连得上，会自动走。画面不清楚时，换一个网络会好些，比如手机流量。"),
    "line-test.none": _("换一个网络再测，比如手机热点。还是不行，请技术人员查看防火墙和中转的设置。"),
    "line-test.offline.title": _("网络断了"),
    "line-test.offline": _("连上以后，会自动再测一次。"),
    "line-test.unsupported": _("请换一个新一些的浏览器再测。"),
}

LINE_TEST: Final[dict[str, str]] = {**WAYS, **VERDICTS}
STAFF_LINE_TEST: Final[dict[str, str]] = {**LINE_TEST, **_FOR_STAFF}
