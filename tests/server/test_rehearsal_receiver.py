"""The local end of the SMS transport takes only what is signed, and hands out codes in order."""

import asyncio
import json

import aiohttp

from server.rehearsal.receiver import Receiver, digits_in, genuine, signature

SECRET = "a shared secret"


async def post(receiver: Receiver, id_: str, text: str, *, secret: str = SECRET, kind: str = "code") -> int:
    message = {"id": id_, "to": "13800001111", "kind": kind, "text": text, "at": ""}
    body = json.dumps(message).encode()
    headers = {"Heyi-Signature": signature(secret, body)}
    async with (
        aiohttp.ClientSession() as http,
        http.post(receiver.url, data=body, headers=headers) as answer,
    ):
        return answer.status


def test_a_signature_fits_one_body_and_one_secret() -> None:
    assert signature(SECRET, b"{}").startswith("v1=")
    assert genuine(SECRET, b"{}", signature(SECRET, b"{}"))
    assert not genuine(SECRET, b"{ }", signature(SECRET, b"{}"))
    assert not genuine("another", b"{}", signature(SECRET, b"{}"))
    assert not genuine(SECRET, b"{}", "")


def test_digits_are_found_only_when_there_are_six() -> None:
    assert digits_in("【和议】验证码 042917，5 分钟内有效") == "042917"
    assert digits_in("请致电 13800001111") is None


async def test_a_code_is_waited_for() -> None:
    async with Receiver(SECRET) as receiver:
        waiting = asyncio.create_task(receiver.code("13800001111"))
        assert await post(receiver, "1", "验证码 123456") == 204
        assert await waiting == "123456"


async def test_the_next_code_is_not_the_last_one() -> None:
    async with Receiver(SECRET) as receiver:
        await post(receiver, "1", "验证码 111111")
        await post(receiver, "1", "验证码 111111")  # the transport may send one twice
        waiting = asyncio.create_task(receiver.code("13800001111", after=1))
        await post(receiver, "2", "没有数字", kind="notice")
        await post(receiver, "3", "验证码 222222")
        assert await waiting == "222222"


async def test_an_unsigned_message_is_refused_and_never_a_code() -> None:
    async with Receiver(SECRET) as receiver:
        assert await post(receiver, "1", "验证码 123456", secret="another") == 401
        assert receiver.codes("13800001111") == ()
        assert receiver.refused == 1
