"""People in real browsers: what each of them does, by what is visible on their page."""

import asyncio
import itertools
import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, WebSocket, expect

from tests.builders.house import Account, House

SCRIPTS: Final = Path(__file__).parents[1] / "journeys" / "js"
PATIENCE: Final = 30_000  # milliseconds for anything that arrives
CODES_APART: Final = 30  # seconds

CONSUMER, INSURER, MEDIATOR = "consumer", "insurer", "mediator"
CONSUMER_NAME, INSURER_NAME, ORGANISATION = "周明", "林涛", "安和财产保险公司"
PHONE: Final = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK: Final = {"viewport": {"width": 1440, "height": 900}}

_phones = itertools.count(1)

expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a person is recognised: `colour` is red, green, blue from 0 to 255; `tone` is in hertz."""

    colour: tuple[int, int, int]
    tone: int


SCREEN = "screen"  # what somebody shares, recognised as a person is

LIKENESS: Final = {
    CONSUMER: Likeness((255, 0, 0), 440),
    INSURER: Likeness((0, 255, 0), 880),
    MEDIATOR: Likeness((0, 0, 255), 1320),
    SCREEN: Likeness((0, 255, 255), 2200),
}
TONES: Final = [one.tone for one in LIKENESS.values()]


@dataclass(eq=False)
class Visitor:
    """Somebody at a page. `frames` is what their websockets received; `wrong` is what must not happen."""

    role: str
    name: str
    page: Page
    frames: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    borne: list[str] = field(default_factory=list)  # patterns of console errors that belong to the story
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self) -> None:
        self.page.on("pageerror", self._page_error)
        self.page.on("console", self._console)
        self.page.on("websocket", self._websocket)

    def _page_error(self, error: Error) -> None:
        self.wrong.append(f"{self.role}: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        known = any(re.search(pattern, message.text) for pattern in self.borne)
        if message.type == "error" and not known:
            self.wrong.append(f"{self.role}: {message.text}")

    def _websocket(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._frame)

    def _frame(self, payload: str | bytes) -> None:
        self.frames.append(str(payload))
        self._came.set()

    def bear(self, pattern: str) -> None:
        """Take a console error as part of the story: the browser reports each refused request as one."""
        self.borne.append(pattern)

    @property
    def views(self) -> list[dict[str, Any]]:
        """The views that came, oldest first."""
        return [m["view"] for m in map(json.loads, self.frames) if m["type"] == "view"]

    async def told(self, *types: str, after: int) -> None:
        """Wait until a message of one of these types has come behind the first `after` frames."""
        while not any(json.loads(frame)["type"] in types for frame in self.frames[after:]):
            self._came.clear()
            await self._came.wait()

    async def press(self, name: str, *, exact: bool = True) -> None:
        await self.page.get_by_role("button", name=name, exact=exact).click()

    async def reads(self, words: str) -> None:
        """Wait until these words are on the screen."""
        await expect(self.page.get_by_text(words).filter(visible=True).first).to_be_visible()

    async def reads_not(self, words: str) -> None:
        await expect(self.page.get_by_text(words).filter(visible=True)).to_have_count(0)

    async def heading(self, words: str) -> None:
        """Wait until the screen with this heading is the one that is shown."""
        await expect(self.page.get_by_role("heading", name=words)).to_be_visible()

    async def truth(self, words: str) -> None:
        """Wait until the strip on top says this."""
        await expect(self.page.locator("#truth")).to_contain_text(words)


async def visit(context: BrowserContext, role: str, name: str, *, own_devices: bool = False) -> Visitor:
    """Open an empty page of somebody who looks and sounds like their role.

    With `own_devices` the page has what the browser itself offers as camera and microphone.
    """
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    if not own_devices:
        given = f"globalThis.person = {json.dumps(likeness(role))};\n"
        await page.add_init_script(script=given + (SCRIPTS / "person.js").read_text())
    await page.add_init_script(path=SCRIPTS / "senses.js")
    visitor = Visitor(role, name, page)
    visitor.listen()
    return visitor


def likeness(role: str) -> dict[str, object]:
    """Return what person.js is to be."""
    return {**_appearance(role), "shares": _appearance(SCREEN)}


def _appearance(role: str) -> dict[str, object]:
    return {"colour": "rgb({}, {}, {})".format(*LIKENESS[role].colour), "tone": LIKENESS[role].tone}


async def new_context(browser: Browser, **options: Any) -> BrowserContext:
    return await browser.new_context(ignore_https_errors=True, locale="zh-CN", **options)


@dataclass(frozen=True, slots=True)
class MadeCase:
    """A case as its mediator has opened it. `links` and `phones` are by role."""

    number: str
    url: str
    links: dict[str, str]
    phones: dict[str, str]

    @property
    def id(self) -> str:
        return self.url.rsplit("/", 1)[1]


async def sign_in(visitor: Visitor, house: House, account: Account) -> None:
    page = visitor.page
    await page.goto(f"{house.url}/staff/sign-in")
    await page.get_by_label("手机号").fill(account.phone)
    await page.get_by_label("密码").fill(account.password)
    await visitor.press("登录")
    await expect(page.get_by_role("banner")).to_contain_text(account.name)


async def open_case(mediator: Visitor) -> MadeCase:
    """Register a case on the page of a new one, and get both links."""
    page = mediator.page
    phones = {role: f"139{next(_phones):08d}" for role in (CONSUMER, INSURER)}
    await page.get_by_role("link", name="登记案件").click()
    await page.get_by_label("事情").fill("退还多扣的保险费")
    await page.get_by_label("争议", exact=True).select_option(label="销售误导")
    await page.get_by_label("争议金额（元）").fill("33000.00")
    await page.get_by_label("约好的时间").fill("2027-01-15T09:30")
    await page.get_by_label("姓名", exact=True).fill(CONSUMER_NAME)
    await page.get_by_label("手机号", exact=True).fill(phones[CONSUMER])
    await page.get_by_label("保险公司").fill(ORGANISATION)
    await page.get_by_label("代表姓名").fill(INSURER_NAME)
    await page.get_by_label("代表手机号").fill(phones[INSURER])
    await mediator.press("登记，去发链接")
    await mediator.heading("退还多扣的保险费")
    url = page.url
    names = {CONSUMER: CONSUMER_NAME, INSURER: INSURER_NAME}
    links = {role: await issue_link(mediator, name) for role, name in names.items()}
    number = (await page.title()).split(" · ")[0]
    return MadeCase(number, url, links, phones)


async def issue_link(mediator: Visitor, name: str) -> str:
    """Make a party's link on the page of the case; return its address."""
    await mediator.page.get_by_role("button", name=re.compile(rf"链接\s*，给 {name}")).click()
    text = await mediator.page.get_by_label(f"邀请文字，发给 {name}").input_value()
    found = re.search(r"https://\S+", text)
    assert found, text
    return found.group()


async def ask_for_code(party: Visitor, house: House, case: MadeCase) -> str:
    """Follow the link and have a code sent; return its digits."""
    phone = case.phones[party.role]
    had = len(house.receiver.codes(phone))
    await party.page.goto(case.links[party.role])
    await party.press("去参加调解")
    return await asyncio.wait_for(house.receiver.code(phone, had), PATIENCE / 1000)


async def next_code(visitor: Visitor, house: House, phone: str, button: str | re.Pattern[str]) -> str:
    """Press a button until a further code comes: codes of one person are half a minute apart."""
    had = len(house.receiver.codes(phone))
    visitor.bear("status of 409")
    press = visitor.page.get_by_role("button", name=button)
    coming = asyncio.create_task(house.receiver.code(phone, had))
    deadline = time.monotonic() + CODES_APART + PATIENCE / 1000
    try:
        while time.monotonic() < deadline:
            with suppress(Error):  # the page may have gone on to where there is no such button
                await press.wait_for(timeout=1000)
                await press.click()  # and wait for the page that it leads to: what is typed there must stay
            await asyncio.wait({coming}, timeout=1)
            if coming.done():
                return coming.result()
    finally:
        coming.cancel()
    raise AssertionError(f"{visitor.role}: no further code came while “{button}” was pressed")


async def enter_code(party: Visitor, digits: str) -> None:
    await party.page.get_by_label("6 位数字", exact=True).fill(digits)
    await party.press("确认，下一步")


async def consent(party: Visitor, *, recording: bool = True) -> None:
    """Answer each consent by itself."""
    for title, given in (("个人信息", True), ("视频在线调解", True), ("录像", recording)):
        group = party.page.get_by_role("radiogroup", name=title)
        await group.get_by_label("同意" if given else "不同意", exact=True).check()
    await party.press("交上去，下一步试设备")


async def try_devices(party: Visitor) -> None:
    await party.press("打开摄像头和麦克风")
    await party.reads("请让脸在画面中间")
    await party.press("都正常，去等候室")
    await party.heading("您已经到了，请稍坐")


async def arrive(party: Visitor, house: House, case: MadeCase, *, recording: bool = True) -> None:
    """Go the whole way from the link to the waiting room."""
    await enter_code(party, await ask_for_code(party, house, case))
    await consent(party, recording=recording)
    await try_devices(party)


async def take_the_chair(mediator: Visitor, case: MadeCase) -> None:
    """Enter the room of a case from its page."""
    await mediator.page.goto(case.url)
    await mediator.page.get_by_role("link", name="进调解室").click()
    await mediator.truth("互相听不到、看不到，没有录像")


async def admit(mediator: Visitor, *names: str) -> None:
    for name in names:
        await mediator.press(f"请进来：{name}")
        await expect(person_row(mediator, name)).to_contain_text("在场")


def person_row(mediator: Visitor, name: str) -> Any:
    """Return the line of the console's list of people that has this name."""
    return mediator.page.locator("#people > li").filter(has_text=name)


async def open_session(mediator: Visitor) -> None:
    await mediator.press("开始调解")
    await mediator.truth("一起谈")


async def open_caucus(mediator: Visitor, name: str) -> None:
    """Go into a private conversation with the side of this person."""
    await mediator.press(f"和{name}")
    await mediator.truth("单独会谈，没有录像")


async def close_caucus(mediator: Visitor) -> None:
    await mediator.press("结束单独会谈，回到一起谈")
    await mediator.truth("一起谈，正在录像")


async def write_and_offer(mediator: Visitor, *clauses: str) -> None:
    """Write the clauses, the first ones of this case, and offer them."""
    for number, clause in enumerate(clauses, 1):
        await mediator.press("写第一条" if number == 1 else "加一条")
        await mediator.page.get_by_label(f"第 {number} 条", exact=True).fill(clause)
    await mediator.press("提出协议")
    await mediator.page.get_by_role("dialog").get_by_role("button", name="提出协议").click()
    await mediator.reads("等签名")


async def end_session(mediator: Visitor, ground: str) -> None:
    await mediator.press("结束调解")
    dialog = mediator.page.get_by_role("dialog", name="结束这次调解")
    await dialog.get_by_label(ground, exact=True).check()
    await dialog.get_by_role("button", name=f"结束调解：{ground}").click()
    await mediator.truth("这次调解已经结束")
