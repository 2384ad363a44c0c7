"""What a page may write into its websocket: messages of any shape, and frames that are none."""

import asyncio
import json
import socket
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import Refused
from signaling.messages import parse
from tests.builders.hostile import mangled
from tests.builders.profiles import MORE
from tests.builders.room import CONSUMER, INSURER, MEDIATOR, joint_room
from tests.builders.sockets import Socket, house, masked

SILENT = {"ping", "shown", "hello"}  # what has no answer when it is whole
MARK = 12_345_678  # the number of the message behind all others
TYPES = (
    "knock", "mic", "camera", "screen", "admit", "refuse", "wait", "remove", "mute", "screen-stop", "open",
    "recording", "caucus-open", "caucus-close", "close", "offer", "shown", "hello", "ping", "dance", "",
)  # fmt: skip

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from((2**63, -1, 10**400)), st.floats(), st.text(max_size=20),
    st.sampled_from(("\ud800", "\x00", "x" * 300, CONSUMER, INSURER, MEDIATOR, "applicant", "other", "true")),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3),
    max_leaves=6,
)
FIELDS = ("on", "mic", "camera", "private", "seat", "side", "ground", "reason", "sdp", "csrf", "number", "re")
messages = st.builds(
    lambda kind, fields: {"type": kind, **fields},
    st.one_of(st.sampled_from(TYPES), scalars),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=6),
)
texts = st.one_of(
    messages.map(json.dumps),
    mangled(messages.map(lambda message: json.dumps(message).encode())).map(
        lambda data: data.decode(errors="ignore")
    ),
    st.text(max_size=40),
    st.sampled_from(
        ("[" * 5000, '{"type":"ping"' + "," * 50, '{"type":NaN}', '{"re":1e999,"type":"mic"}', "\x00")
    ),
)


@settings(max_examples=500 * MORE)
@given(texts)
def test_a_text_is_a_message_or_is_refused(text: str) -> None:
    try:
        parse(text)
    except Refused as refused:
        assert refused.reason.startswith("message:")


@settings(max_examples=40 * MORE)
@given(st.lists(texts, min_size=1, max_size=8))
def test_each_message_is_answered_in_words_and_the_next_good_one_works(said: list[str]) -> None:
    asyncio.run(_talked_to(said))


async def _talked_to(said: list[str]) -> None:
    async with house(joint_room()) as at:
        page, other = await at.enter(CONSUMER), await at.enter(INSURER)
        for text in said:
            await page.raw.send_str(text)
            answers = await _answers(page)
            if _is_asked(text):
                assert len(answers) == 1
            for answer in answers:
                assert answer["type"] != "refused" or answer["text"].startswith("no: ")
        await other.say("ping")
        await other.until("pong")


async def _answers(page: Socket) -> list[dict[str, Any]]:
    """Ask whether all that was said is dealt with; return the answers to it."""
    answers: list[dict[str, Any]] = []
    await page.say("mic", on="whether", re=MARK)
    while (message := await page.next()) is not None:
        if message.get("re") == MARK:
            await page.say("ping")
            await page.until("pong")
            return answers
        if message["type"] in {"refused", "done", "answer"}:
            answers.append(message)
    raise AssertionError(f"closed with {page.code}")


def _is_asked(text: str) -> bool:
    """Return whether a text wants an answer."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return True
    return not isinstance(message, dict) or message.get("type") not in SILENT


frames = mangled(
    st.one_of(
        st.sampled_from([masked({"type": "ping"}), masked({"type": "mic"})]),
        st.builds(
            lambda first, second, rest: bytes([first, second]) + rest,
            st.integers(0, 255),
            st.integers(0, 255),
            st.binary(max_size=20),
        ),
    )
)


@settings(max_examples=40 * MORE)
@given(st.lists(frames, min_size=1, max_size=5).map(b"".join))
def test_frames_that_are_none_end_one_page_and_no_other(sent: bytes) -> None:
    asyncio.run(_broken_into(sent))


async def _broken_into(sent: bytes) -> None:
    async with house(joint_room()) as at:
        other = await at.enter(INSURER)
        async with at.unread(CONSUMER) as pipe:
            pipe.sendall(sent)
            pipe.shutdown(socket.SHUT_WR)
            await other.say("ping")
            await other.until("pong")
        await at.until_gone(CONSUMER)
        again = await at.enter(CONSUMER)
        await again.say("ping")
        await again.until("pong")
