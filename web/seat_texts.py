"""Texts that the script of a party's page needs beside those of every page with a microphone."""

from typing import Final

from web.translating import marked as _

CHECK: Final[dict[str, str]] = {
    "check.fine": _("正常"),
    "check.sound-only": _("只用声音"),
    "check.speak": _("请说话"),
    "check.heard": _("听到了"),
    "check.played": _("听到三声了吗？没听到，请把音量调大，再点一次"),
    "check.camera-ok": _("请让脸在画面中间"),
    "check.camera-off": _("不开画面，也能照常参加"),
    "check.camera-denied": _("浏览器没有允许用摄像头，先只用声音"),
    "check.camera-in-app": _("这里不能用摄像头，先只用声音"),
    "check.camera-none": _("没有找到摄像头，先只用声音"),
    "check.camera-busy": _("别的程序正在用摄像头，先只用声音"),
    "check.camera-insecure": _("这里不能用摄像头，先只用声音"),
    "check.camera-unknown": _("摄像头打不开，先只用声音"),
}

TROUBLE: Final[dict[str, str]] = {
    "trouble.denied": _("浏览器没有允许用麦克风，别人听不到您。请允许后点“打开麦克风”。"),
    "trouble.in-app": _("这里不能用麦克风，别人听不到您。请点右上角三个点，在浏览器打开。"),
    "trouble.none": _("没有找到麦克风，别人听不到您。插上后点“打开麦克风”。"),
    "trouble.busy": _("别的程序正在用麦克风，别人听不到您。关掉它，再点“打开麦克风”。"),
    "trouble.insecure": _("这个网址不能用麦克风。请从短信里的链接再进一次。"),
    "trouble.unknown": _("麦克风打不开，别人听不到您。请点“打开麦克风”再试。"),
}

SESSION: Final[dict[str, str]] = {
    "session.mic-on": _("麦克风开"),
    "session.mic-off": _("麦克风关"),
    "session.mic-none": _("没有麦克风"),
    "session.mic-why": _("麦克风没有打开，别人听不到您。请点“打开麦克风”。"),
    "session.mic-lost": _("麦克风断开了，正在重新打开。"),
    "session.camera-on": _("画面开"),
    "session.camera-off": _("画面关"),
    "session.camera-none": _("没有画面"),
    "session.camera-why": _("摄像头没有打开，您正在只用声音参加。"),
    "session.camera-lost": _("摄像头断开了，声音不受影响。"),
    "session.withdrew": _("{names}撤回了录像同意，从现在起不录。之前录下的还在。"),
    "session.back": _("网络好了，已经连回来了。"),
    "session.muted-by-mediator": _("调解员关了您的麦克风。要说话时，点一下“麦克风关”。"),
}

SIGN: Final[dict[str, str]] = {
    "sign.title.sign": _("签调解协议书"),
    "sign.title.wait": _("调解协议书"),
    "sign.title.sealed": _("协议签好了，已经盖章"),
    "sign.note.sign": _("协议写好了，请看一看再签"),
    "sign.note.wait": _("协议在签，还差别人"),
    "sign.note.sealed": _("协议签好了，已经盖章"),
    "sign.sent-to": _("已发到 {phone}，5 分钟内有效。"),
    "sign.sent": _("已发到您登记的手机，5 分钟内有效。"),
    "sign.code-missing": _("请填短信里的 6 位数字。"),
    "sign.intent-missing": _("请先勾选“我逐条听懂了，自愿签这份协议”。"),
    "sign.me": _("{name}（您）"),
}

SEAT: Final[dict[str, str]] = {"product": _("和议"), **CHECK, **TROUBLE, **SESSION, **SIGN}
