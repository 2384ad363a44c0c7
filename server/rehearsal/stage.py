"""Where a rehearsal takes place and who plays: addresses, sign-ins, the case if there is one already."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from server.rehearsal.actor import Actor
from server.rehearsal.failing import Failed

CONSUMER, INSURER, MEDIATOR = "consumer", "insurer", "mediator"
PARTIES: Final = (CONSUMER, INSURER)
EVERYBODY: Final = (CONSUMER, INSURER, MEDIATOR)

SMS: Final = 10.0  # seconds for a code to arrive

Say = Callable[[str], None]


class Codes(Protocol):
    """Where one-time codes arrive: `receiver.Receiver`, or the outbox of a demo."""

    def codes(self, phone: str) -> tuple[str, ...]:
        """Return the codes that came for a phone, oldest first."""

    async def code(self, phone: str, after: int = 0) -> str:
        """Return the code that follows the first `after` codes for a phone; wait until it is there."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a member of staff comes in: by password, or (under demo) by the path of a one-use link."""

    phone: str
    password: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class GivenCase:
    """A case that exists already. `links` are the paths `/i/<secret>` of consumer and insurer."""

    id: str
    number: str
    links: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Stage:
    """`cafile` is the PEM to trust for TLS, empty for the system's or for plain HTTP on loopback.

    `phones` are those of consumer and insurer. Without a case the mediator opens one.
    """

    base_url: str
    mediator: SignIn
    legal: SignIn
    phones: tuple[str, str]
    cafile: str = ""
    case: GivenCase | None = None

    def phone(self, role: str) -> str:
        """Return the phone on which a role gets its codes."""
        return self.mediator.phone if role == MEDIATOR else self.phones[PARTIES.index(role)]


@dataclass(frozen=True, slots=True)
class Cast:
    """The three, each in a process of its own."""

    consumer: Actor
    insurer: Actor
    mediator: Actor

    def __getitem__(self, role: str) -> Actor:
        return {a.role: a for a in (self.consumer, self.insurer, self.mediator)}[role]

    async def all(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Have everybody do the same at the same time; return the results by role."""
        return await together({role: self[role].do(command, **arguments) for role in EVERYBODY})

    async def all_joint(self) -> dict[str, Any]:
        """Wait until everybody is in the joint session with the two others."""

        def others(role: str) -> list[str]:
            return [other for other in EVERYBODY if other != role]

        return await together(
            {role: self[role].do("sees", truth="joint", people=others(role)) for role in EVERYBODY}
        )


async def next_code(codes: Codes, phone: str, known: int) -> str:
    """Return the code that follows the first `known` ones. Raises Failed when none comes."""
    try:
        return await asyncio.wait_for(codes.code(phone, known), SMS)
    except TimeoutError as error:
        raise Failed(f"{SMS:.0f} 秒内没有收到短信里的数字。") from error


@asynccontextmanager
async def cast_on(stage: Stage) -> AsyncIterator[Cast]:
    """Start the three processes, and end them."""
    async with (
        Actor(CONSUMER, stage.base_url, stage.cafile) as consumer,
        Actor(INSURER, stage.base_url, stage.cafile) as insurer,
        Actor(MEDIATOR, stage.base_url, stage.cafile) as mediator,
    ):
        yield Cast(consumer, insurer, mediator)


async def together(doing: Mapping[str, Awaitable[Any]]) -> dict[str, Any]:
    """Wait for all; raise the first failure after all have ended."""
    results = await asyncio.gather(*doing.values(), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return dict(zip(doing, results, strict=True))
