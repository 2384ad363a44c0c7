"""Texts of the mediator's console: they say what is so, without addressing the reader as the parties' do."""

from typing import Final

from cases.model import Ground, Role
from web import words
from web.room_texts import TRUTH


def _(text: str) -> str:
    """Mark a text for extraction; it is translated when it is shown."""
    return text


STRIP: Final[dict[str, str]] = {
    "truth.checking": _("还没有进入调解室"),
    "truth.checking.detail": _("没有人看得到、听得到，没有录像"),
    "truth.before": _("还没有开始"),
    "truth.before.detail": _("互相听不到、看不到，没有录像"),
    "truth.joint": _("一起谈，正在录像"),
    "truth.joint.others": _("一起谈，正在录像"),
    "truth.joint.unrecorded": _("一起谈，没有录像"),
    "truth.hears": _("互相听得到：{names}"),
    "truth.hears.muted": _("麦克风关着。看得到的：{names}"),
    "truth.hears.off": _("麦克风和画面都关着。在场：{names}"),
    "truth.hears.nobody": _("现在没有别人听得到"),
    "truth.private": _("单独会谈，没有录像"),
    "truth.private.several": _("单独会谈，没有录像"),
    "truth.private.applicant": _("互相听得到：{names}。保险公司一方听不到、看不到"),
    "truth.private.respondent": _("互相听得到：{names}。申请人一方听不到、看不到"),
    "truth.private.detail": _("互相听得到：{names}"),
    "truth.mediator-away": _("这里还没有连上，双方互相听不到"),
    "truth.mediator-away.detail": _("正在重连，没有录像"),
    "truth.out": _("不在调解室里"),
    "truth.out.detail": _("没有人看得到、听得到，没有录像"),
    "truth.closed": _("这次调解已经结束"),
    "truth.closed.detail": _("没有人看得到、听得到，没有录像"),
}

ROLES: Final[dict[str, str]] = {f"role-{role}": words.ROLES[role] for role in Role}
GROUNDS: Final[dict[str, str]] = {f"ground-{ground}": words.GROUNDS[ground] for ground in Ground}
MARKS: Final[dict[str, str]] = {f"mark-{side}": mark for side, mark in words.SIDE_MARKS.items()}

PEOPLE: Final[dict[str, str]] = {
    "role-me": _("调解员，您"),
    "role-of": _("{role}，{organisation}"),
    "called-of": _("{name}，{organisation}"),
    "count": _("在场 {inside}"),
    "count-waiting": _("在场 {inside}，等着进来 {waiting}"),
    "standing-absent": _("还没来"),
    "standing-checking": _("正在试设备"),
    "standing-waiting": _("在等候室"),
    "standing-gone": _("等候时掉线"),
    "standing-in": _("在场"),
    "standing-dropped": _("掉线"),
    "standing-apart": _("已隔开"),
    "standing-left": _("已离开"),
    "standing-refused": _("没有请进"),
    "standing-removed": _("已请出"),
    "standing-over": _("参加了"),
    "admit": _("请进来"),
    "admit-other": _("换成那一台"),
    "admit-later": _("单独会谈后再换"),
    "admit-after-all": _("还是请进来"),
    "button-for": _("{button}：{name}"),
    "remove-title": _("请出{name}"),
    "remove-text": _("请出以后，这次调解不能再回来。只想让人先出去一会儿，用“请到等候室”。"),
    "remove-yes": _("请出{name}"),
}

STEPS: Final[dict[str, str]] = {
    "step-count": _("第 {at} 步，共 {all} 步"),
    "step-gathered": _("到了 {here}，共 {all}"),
    "step-signed": _("签了 {signed}，共 {all}"),
    "step-now": _("现在"),
    "step-done": _("好了"),
    "step-skipped": _("这次没有"),
    "phase-scheduled": _("还没有开始"),
    "phase-open": _("正在调解"),
    "phase-private": _("单独会谈"),
    "phase-closed": _("已经结束"),
}

STAGE: Final[dict[str, str]] = {
    "cover-offline": _("网络断了，正在重连"),
    "cover-closed": _("已经结束"),
    "cover-before": _("{name}已经进来，开始后接通"),
    "cover-apart": _("{name}已隔开"),
    "cover-apart-detail": _("听不到，也看不到这里"),
    "cover-away": _("还没有接通"),
    "cover-dropped": _("{name}掉线了，位置还在，连上会自己回来"),
    "cover-camera-off": _("{name}没有开画面"),
    "cover-coming": _("正在接通画面"),
    "cover-stalled": _("画面停住了，正在恢复"),
    "cover-left": _("{name}已离开，位置还在"),
    "cover-over": _("已经结束"),
    "cover-refused": _("没有请进"),
    "cover-removed": _("已请出"),
    "cover-checking": _("{name}正在试设备"),
    "cover-waiting": _("{name}在等候室"),
    "cover-gone": _("{name}等候时掉线了"),
    "cover-absent": _("{name}还没来"),
    "me-camera-off": _("画面关着"),
    "devices-asked": _("正在打开摄像头和麦克风"),
    "devices-no-camera": _("没有画面，只有声音"),
    "devices-denied": _("浏览器没有允许使用摄像头和麦克风。点地址栏左边的图标，选“允许”，再试一次。"),
    "devices-none": _("没有找到麦克风。请插上耳机或麦克风，再试一次。"),
    "devices-busy": _("摄像头或麦克风正被别的程序占用。请关掉那个程序，再试一次。"),
    "devices-insecure": _("这个网址不是加密的，浏览器不给用麦克风。请用 https 开头的网址。"),
    "devices-in-app": _("这个程序里的浏览器用不了麦克风。请用系统自带的浏览器打开。"),
    "devices-unknown": _("麦克风打不开。请换一个浏览器，或重启电脑后再试。"),
    "notice-left": _("已离开调解室"),
    "notice-left-text": _("双方互相听不到，也没有录像。位置还在，随时可以回来。"),
    "notice-closed": _("这次调解已经结束"),
    "notice-closed-text": _("录像已经停止。"),
    "closed-ground": _("结束方式：{ground}。录像已经停止，所有人都已离开。"),
    "closed-sealed": _("结束方式：{ground}。协议已经盖章，双方都可以下载。"),
    "notice-replaced": _("这个工作台在另一个页面打开了"),
    "notice-replaced-text": _("这一页不再更新。没有存上的条款还在这一页里。"),
    "notice-signed-out": _("需要重新登录"),
    "notice-signed-out-text": _("写好的条款还在这个浏览器里，登录后接着写。"),
    "notice-microphone": _("没有麦克风，双方听不到"),
    "notice-microphone-text": _("请打开麦克风，再试一次。"),
}

CONTROLS: Final[dict[str, str]] = {
    "mic-on": _("麦克风开"),
    "mic-off": _("麦克风关"),
    "mic-none": _("没有麦克风"),
    "camera-on": _("画面开"),
    "camera-off": _("画面关"),
    "camera-none": _("没有画面"),
    "open-outside": _("进入调解室以后才能开始"),
    "open-nobody": _("双方都还没有进来"),
    "open-applicant": _("申请人一方还没有进来"),
    "open-respondent": _("保险公司一方还没有进来"),
    "caucus": _("单独会谈"),
    "caucus-with": _("正在和{names}谈"),
    "caucus-absent": _("这一方还没有人在里面"),
    "with": _("和{name}"),
    "with-applicant": _("和申请人"),
    "with-respondent": _("和保险公司"),
    "leave-title": _("离开调解室"),
    "leave-open": _(
        "离开以后，双方互相听不到，录像也停。位置还在，随时可以回来。要结束调解，用右上角的“结束调解”。"
    ),
    "leave-before": _("位置还在，随时可以回来。双方在等候室里继续等。"),
    "leave-yes": _("离开"),
}

CLOSING: Final[dict[str, str]] = {
    "settled-needs-seal": _("协议签完并盖章以后才能选"),
    "settled-only": _("协议已经盖章，只能这样结束"),
    "end": _("结束调解"),
    "end-as": _("结束调解：{ground}"),
    "end-choose": _("请先选一种结束方式。"),
    "end-effect": _("录像停止，所有人离开。结束方式写入案件。"),
    "end-effect-offer": _("录像停止，所有人离开。协议还没有签完，这一份作废。结束方式写入案件。"),
}

RECORDING: Final[dict[str, str]] = {
    "rec-on": _("正在录"),
    "rec-off": _("没有在录"),
    "rec-private": _("单独会谈，不录"),
    "rec-unknown": _("断线，不知道"),
    "rec-note": _("从这一页打开时记起。空缺写入清单，不补录。"),
    "rec-note-before": _("开始调解时自动开始录，单独会谈从不录。"),
    "interval": _("第 {number} 段"),
    "gap": _("空缺"),
    "gap-applicant": _("单独会谈（申）"),
    "gap-respondent": _("单独会谈（被）"),
    "gap-pause": _("没有人可录"),
    "until-now": _("现在"),
}

DRAFTING: Final[dict[str, str]] = {
    "h-draft": _("拟定协议"),
    "h-offered": _("协议"),
    "clause": _("第 {number} 条"),
    "clause-up": _("第 {number} 条上移"),
    "clause-down": _("第 {number} 条下移"),
    "clause-delete": _("删去第 {number} 条"),
    "draft-waiting": _("有改动，马上保存"),
    "draft-saving": _("正在保存"),
    "draft-saved": _("已保存"),
    "draft-offline": _("没保存，网络断了。写的都在，连上后自动再存"),
    "draft-refused": _("没保存。写的都在"),
    "draft-empty": _("没保存，至少写一条"),
    "enlarge": _("放大协议"),
    "enlarge-off": _("放大画面"),
    "offer-title": _("向双方提出这份协议"),
    "offer-text": _(
        "共 {number} 条。提出以后三方看到的是同一份文件，各自签名。再改一个字，这一份就作废，要重新提出。"
    ),
    "offer-yes": _("提出协议"),
    "change-title": _("改条款"),
    "change-text": _("改动一保存，这一份就作废，已经签的名也不算，要重新提出、重新签。"),
    "change-yes": _("改条款"),
    "settlement-offered": _("等签名"),
    "settlement-signed": _("签完，正在盖章"),
    "settlement-sealed": _("已盖章"),
    "settlement-declined": _("有人不签"),
    "settlement-withdrawn": _("已收回"),
    "settlement-expired": _("已过期"),
    "was-declined": _("{name}不签这一份，已经作废。可以改了再提出，也可以结束调解。"),
    "pages": _("{clauses} 条，{pages} 页"),
    "pdf-offered": _("看 PDF"),
    "pdf-sealed": _("下载盖章的协议"),
    "signer-me": _("{name}（您）"),
    "signer-signed": _("{time} 签了"),
    "signer-declined": _("不签"),
    "signer-open": _("还没签"),
    "signer-last": _("双方签完后签"),
    "code-again": _("再发一次到"),
    "sign-intent": _("请先勾选，表示逐条核对过。"),
    "sign-code": _("请填短信里的 6 位数字。"),
}

CONSOLE: Final[dict[str, str]] = {
    **TRUTH,
    **STRIP,
    **ROLES,
    **GROUNDS,
    **MARKS,
    **PEOPLE,
    **STEPS,
    **STAGE,
    **CONTROLS,
    **CLOSING,
    **RECORDING,
    **DRAFTING,
}
