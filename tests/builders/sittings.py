"""Three people of one case in browsers, brought as far as a test needs them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from playwright.async_api import Browser, BrowserContext, StorageState

from tests.builders.house import House
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    DESK,
    INSURER,
    INSURER_NAME,
    MEDIATOR,
    PHONE,
    MadeCase,
    Visitor,
    admit,
    arrive,
    new_context,
    open_case,
    open_session,
    sign_in,
    take_the_chair,
    visit,
)

_signed_in: Final[dict[str, StorageState]] = {}


@dataclass(slots=True)
class Table:
    """The people of one case; `visitors` is everybody whose page is watched for errors."""

    house: House
    case: MadeCase
    consumer: Visitor
    insurer: Visitor
    mediator: Visitor
    browser: Browser
    visitors: list[Visitor] = field(default_factory=list)

    @property
    def all(self) -> dict[str, Visitor]:
        return {CONSUMER: self.consumer, INSURER: self.insurer, MEDIATOR: self.mediator}

    def watch(self, visitor: Visitor) -> Visitor:
        self.visitors.append(visitor)
        return visitor

    def check(self) -> None:
        """Fail on anything that a page or its console reported as an error."""
        assert [error for visitor in self.visitors for error in visitor.wrong] == []


async def staff_context(browser: Browser, house: House, role: str) -> BrowserContext:
    """Return a browser in which a member of staff is signed in; they sign in once a house."""
    key = f"{house.url} {role}"
    if key not in _signed_in:
        context = await new_context(browser, **DESK)
        visitor = await visit(context, MEDIATOR, house.staff[role].name)
        await sign_in(visitor, house, house.staff[role])
        assert visitor.wrong == []
        _signed_in[key] = await context.storage_state()
        await context.close()
    return await new_context(browser, storage_state=_signed_in[key], **DESK)


async def staff_page(browser: Browser, house: House, role: str) -> Visitor:
    """Return a member of staff at their first page."""
    context = await staff_context(browser, house, role)
    visitor = await visit(context, MEDIATOR, house.staff[role].name)
    cookies = await context.cookies(house.url)
    prefix = "__Host-staff-"
    id_ = next(c["name"].removeprefix(prefix) for c in cookies if c["name"].startswith(prefix))
    await visitor.page.goto(f"{house.url}/staff/{id_}")
    return visitor


async def _scene(visitor: Visitor) -> str:
    """Say what was on somebody's page when a test failed."""
    if visitor.page.is_closed():
        return f"{visitor.role}: the page is closed"
    shown = await visitor.page.locator("body").aria_snapshot()
    return f"{visitor.role} at {visitor.page.url.rsplit('/', 1)[-1]}, errors {visitor.wrong}:\n{shown[:3000]}"


@asynccontextmanager
async def table(
    browser: Browser, house: House, *, one_browser: bool = False, phone: Browser | None = None
) -> AsyncIterator[Table]:
    """Open a case and three empty pages: a phone and two desks, or three tabs of one browser.

    The consumer comes with `phone` where that is another browser.
    """
    mediator = await staff_page(browser, house, MEDIATOR)
    case = await open_case(mediator)
    contexts = [mediator.page.context]
    if not one_browser:
        contexts += [await new_context(phone or browser, **PHONE), await new_context(browser, **DESK)]
    consumer = await visit(contexts[1 % len(contexts)], CONSUMER, CONSUMER_NAME)
    insurer = await visit(contexts[-1], INSURER, INSURER_NAME)
    set_up = Table(house, case, consumer, insurer, mediator, browser, [consumer, insurer, mediator])
    try:
        yield set_up
        set_up.check()
    except Exception as failure:
        for visitor in set_up.visitors:
            failure.add_note(await _scene(visitor))
        raise
    finally:
        for context in {visitor.page.context for visitor in set_up.visitors}:
            await context.close()


async def gather(at: Table, *, insurer_recorded: bool = True) -> None:
    """Bring everybody to the open session."""
    await asyncio.gather(
        arrive(at.consumer, at.house, at.case),
        arrive(at.insurer, at.house, at.case, recording=insurer_recorded),
        take_the_chair(at.mediator, at.case),
    )
    await admit(at.mediator, CONSUMER_NAME, INSURER_NAME)
    await open_session(at.mediator)
