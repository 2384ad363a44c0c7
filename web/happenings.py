"""What happened in a session, a sentence an event, for the timeline of a case file."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from cases.ids import SeatId
from rooms import events as e
from rooms.states import Admission
from rooms.views import Name
from web.translating import gettext
from web.translating import marked as _
from web.words import GROUNDS

ADMISSIONS: Final = {
    Admission.WAITING: _("{name}在等候室"),
    Admission.ADMITTED: _("{name}进入"),
    Admission.LEFT: _("{name}离开"),
    Admission.REFUSED: _("没有请{name}进来"),
    Admission.REMOVED: _("{name}被请出"),
}


Journal = Iterable[tuple[datetime, e.Event]]


def tellable(journal: Journal) -> Iterator[tuple[datetime, e.Event]]:
    """Leave out the screens that were shared in a private conversation: what is done in one is not told."""
    private = False
    for at, event in journal:
        if isinstance(event, e.CaucusOpened | e.CaucusClosed):
            private = isinstance(event, e.CaucusOpened)
        if not (private and isinstance(event, e.ScreenShared | e.ScreenStopped)):
            yield at, event


def happening_text(event: e.Event, names: Mapping[SeatId, Name]) -> str:
    """Return the sentence of an event, empty for what is no step of a mediation."""
    match event:
        case e.AdmissionChanged(seat, to):
            return gettext(ADMISSIONS[to]).format(name=names[seat].name) if to in ADMISSIONS else ""
        case e.OtherDeviceKnocked(seat):
            return gettext("{name}从另一台设备请求进入").format(name=names[seat].name)
        case e.SessionOpened():
            return gettext("联席调解开始")
        case e.RecordingPaused(_by, reason):
            text = "没有录像就开始，原因：{reason}" if reason else "调解员暂停录像"
            return gettext(text).format(reason=reason)
        case e.RecordingResumed():
            return gettext("继续录像")
        case e.CaucusOpened():
            return gettext("单独会谈开始，未录")
        case e.CaucusClosed():
            return gettext("单独会谈结束，恢复联席")
        case e.ScreenShared(seat):
            return gettext("{name}开始共享画面").format(name=names[seat].name)
        case e.ScreenStopped(seat):
            return gettext("{name}的画面共享结束").format(name=names[seat].name)
        case e.ConsentSet(seat, _ready, recorded):
            text = "{name}同意录像" if recorded else "{name}不同意录像"
            return gettext(text).format(name=names[seat].name)
        case e.SessionClosed(_by, ground):
            return gettext("结束：{ground}").format(ground=gettext(GROUNDS[ground]))
        case e.OtherDeviceGone() | e.MicSet() | e.CameraSet():
            return ""
