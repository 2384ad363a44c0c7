"""What legal staff read of a session, event by event."""

from datetime import UTC, datetime

from rooms import events as e
from tests.builders.room import CAUCUS, CONSUMER, INSURER, MEDIATOR, NAMES
from web.happenings import happening_text, tellable

AT = datetime(2025, 9, 18, 4, 0, tzinfo=UTC)
ENDED = e.ScreenEnd.CONVERSATION


def told(*events: e.Event) -> list[str]:
    return [happening_text(event, NAMES) for _, event in tellable((AT, event) for event in events)]


def test_a_screen_of_the_joint_session_is_told_with_its_end() -> None:
    caucus = e.CaucusOpened(MEDIATOR, CAUCUS, (MEDIATOR, CONSUMER), AT)
    assert told(e.ScreenShared(INSURER), e.ScreenStopped(INSURER, MEDIATOR, ENDED), caucus) == [
        "赵一鸣开始共享画面",
        "赵一鸣的画面共享结束",
        "单独会谈开始，未录",
    ]


def test_a_screen_of_a_private_conversation_is_not_told() -> None:
    opened = e.CaucusOpened(MEDIATOR, CAUCUS, (MEDIATOR, CONSUMER), AT)
    shared, ended = e.ScreenShared(CONSUMER), e.ScreenStopped(CONSUMER, MEDIATOR, ENDED)
    closed = e.CaucusClosed(MEDIATOR, CAUCUS)
    assert told(opened, shared, ended, closed, shared) == [
        "单独会谈开始，未录",
        "单独会谈结束，恢复联席",
        "刘桂英开始共享画面",
    ]


def test_a_recording_that_stands_still_is_told_with_its_reason() -> None:
    waived = e.RecordingPaused(MEDIATOR, "磁盘坏了")
    assert told(waived, e.RecordingResumed(MEDIATOR), e.RecordingPaused(MEDIATOR, "")) == [
        "没有录像就开始，原因：磁盘坏了",
        "继续录像",
        "调解员暂停录像",
    ]
