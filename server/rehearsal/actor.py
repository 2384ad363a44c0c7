"""The director's side of a synthetic person: a process, its commands, its answers."""

import asyncio
import contextlib
import json
import sys
from typing import Any, Final, Self

from server.rehearsal.browser import Refusal
from server.rehearsal.failing import Failed

STEP: Final = 15.0  # seconds for one command, if nothing else is said
PARTING: Final = 3.0  # seconds to end by itself
LINE: Final = 4 << 20  # bytes of one answer, at most


class Actor:
    """One person in a process of its own. Use it as an async context manager."""

    def __init__(self, role: str, base_url: str, cafile: str) -> None:
        self.role = role
        self._stage = {"role": role, "base_url": base_url, "cafile": cafile}
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server.rehearsal.person",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE,
            start_new_session=True,  # Ctrl-C is for the director, who sends everybody home
        )
        self._reading = asyncio.create_task(self._read(), name=f"answers of the {self.role}")
        await self._write(self._stage)
        return self

    async def __aexit__(self, *_: object) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PARTING)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reading is not None:
            await self._reading

    async def _write(self, order: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the process has not been started")
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await self._process.stdin.drain()

    async def _read(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        while line := await self._process.stdout.readline():
            answer = json.loads(line)
            waiting = self._waiting.get(answer["id"])
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result({"ok": False, "why": f"{self.role} 的进程意外结束。", "reason": ""})

    async def do(self, command: str, *, within: float = STEP, **arguments: Any) -> Any:
        """Have a command carried out and return its result. Raises Failed, also when it takes too long."""
        self._number += 1
        number = self._number
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self._write({"id": number, "do": command, **arguments})
            found = await asyncio.wait_for(answer, within)
        except TimeoutError as error:
            told = " ".join(str(value) for value in arguments.values() if isinstance(value, str))
            raise Failed(f"{self.role}：{command} {told} 在 {within:.0f} 秒内没有完成。") from error
        finally:
            del self._waiting[number]
        if not found["ok"]:
            sentence = f"{self.role}：{found['why']}"
            raise Refusal(found["reason"], sentence) if found["reason"] else Failed(sentence)
        return found["result"]
