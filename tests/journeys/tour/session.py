"""The room, from the first knock to the end."""

import asyncio
import re

from tests.builders.gallery import DESK, PARTY_LOOKS, PHONE, STAFF_LOOKS
from tests.builders.journey import (
    CONSUMER,
    CONSUMER_NAME,
    INSURER,
    INSURER_NAME,
    MEDIATOR,
    MadeCase,
    Visitor,
    admit,
    arrive,
    end_session,
    enter_code,
    open_case,
    open_session,
    take_the_chair,
    try_devices,
    visit,
)
from tests.builders.sittings import staff_page
from tests.journeys.tour.coming import see_coming
from tests.journeys.tour.guide import PICTURES, Tour, next_code, pictured, with_a_face
from tests.journeys.tour.settlement import see_settlement


async def see_one_case(tour: Tour, mediator: Visitor, case: MadeCase) -> None:
    consumer, insurer = await tour.party(CONSUMER, PHONE), await tour.party(INSURER, DESK)
    await see_coming(tour, consumer, case)
    await take_the_chair(mediator, case)
    await tour.take(tour.console, mediator, "nobody", "Nobody is let in yet")
    await arrive(insurer, tour.house, case)
    await tour.take(tour.console, mediator, "knocks", "Both parties wait")
    await admit(mediator, CONSUMER_NAME, INSURER_NAME)
    await tour.take(tour.console, mediator, "before", "Both are in, nothing has begun")
    await tour.take(tour.room, consumer, "before", "Let in, nothing has begun")
    await open_session(mediator)
    await see_session(tour, mediator, consumer, insurer)
    await see_screen(tour, mediator, consumer, insurer)
    await see_caucus(tour, mediator, consumer, insurer)
    await see_second_device(tour, mediator, consumer, case)
    mediator = await see_without_mediator(tour, mediator, consumer, case)
    await see_leaving(tour, mediator, consumer)
    await see_settlement(tour, mediator, (consumer, insurer), case)
    await see_the_end(tour, mediator, consumer)
    for visitor in (consumer, insurer):
        await visitor.page.context.close()


async def see_session(tour: Tour, mediator: Visitor, consumer: Visitor, insurer: Visitor) -> None:
    await pictured(mediator, 3)
    await pictured(consumer, 3)
    await pictured(insurer, 3)
    await asyncio.sleep(2)  # the first second of a picture is coarse
    await mediator.page.mouse.move(0, 0)
    await mediator.page.screenshot(path=PICTURES / "session.png")
    await consumer.page.screenshot(path=PICTURES / "session-phone.png")
    await tour.take(tour.console, mediator, "joint", "The joint session, recorded")
    await tour.take(tour.room, consumer, "joint", "The joint session, as the consumer sees it")
    await tour.take(tour.room, insurer, "joint-insurer", "The joint session, as the insurer sees it")
    await mediator.press(f"静音：{CONSUMER_NAME}")
    await consumer.page.get_by_role("button", name="麦克风关", exact=True).wait_for()
    await tour.take(tour.room, consumer, "muted", "The mediator has muted")
    await consumer.press("麦克风关")


async def see_screen(tour: Tour, mediator: Visitor, consumer: Visitor, insurer: Visitor) -> None:
    await insurer.press("共享画面")
    await pictured(mediator, 4)
    await pictured(consumer, 4)
    await asyncio.sleep(2)  # the first second of a picture is coarse
    await tour.take(tour.console, mediator, "screen", "The insurer shares a screen")
    await tour.take(tour.room, consumer, "screen", "A shared screen, as the consumer sees it")
    await tour.take(tour.room, insurer, "sharing", "Sharing one's own screen")
    await mediator.press(f"停止{INSURER_NAME}的共享")
    await insurer.reads("调解员停了您的画面共享")
    await tour.take(tour.room, insurer, "sharing-stopped", "The mediator has stopped it")
    await mediator.press("共享画面")
    await pictured(consumer, 4)
    await tour.take(tour.console, mediator, "sharing", "The mediator shares a screen")
    await mediator.press("停止共享")
    await pictured(mediator, 3)


async def see_caucus(tour: Tour, mediator: Visitor, consumer: Visitor, insurer: Visitor) -> None:
    await mediator.page.get_by_role("button", name=re.compile(rf"和 ?{CONSUMER_NAME}")).click()
    await mediator.truth("单独会谈，没有录像")
    await consumer.truth("现在只有您和调解员")
    await pictured(consumer, 2)
    await tour.take(tour.console, mediator, "caucus", "A caucus with the applicant, not recorded")
    await tour.take(tour.room, consumer, "private", "A caucus, inside")
    await tour.take(tour.room, insurer, "apart", "A caucus, outside")
    await mediator.press("结束单独会谈，回到一起谈")
    await mediator.truth("一起谈")
    await pictured(insurer, 3)


async def see_second_device(tour: Tour, mediator: Visitor, consumer: Visitor, case: MadeCase) -> None:
    second = await tour.party(CONSUMER, PHONE)
    second.bear("status of 409")
    await second.page.goto(case.links[CONSUMER])
    await second.press("去参加调解")
    await enter_code(second, await next_code(tour, second, case.phones[CONSUMER], "再发一次"))
    await second.heading("您正在另一台设备上参加")
    await tour.take(tour.room, second, "elsewhere", "Another device of the same person")
    await second.press("换到这一台")
    await second.press("打开摄像头和麦克风")
    await second.press("都正常，去等候室")
    await second.reads("已经告诉调解员，请稍等")
    await tour.take(tour.room, second, "asked", "The other device has asked")
    await tour.take(tour.console, mediator, "other-device", "Another device waits")
    await second.page.context.close()
    await consumer.truth("一起谈")


async def see_without_mediator(tour: Tour, mediator: Visitor, consumer: Visitor, case: MadeCase) -> Visitor:
    """Close the mediator's page and open another; return it."""
    await mediator.page.close()
    await consumer.heading("调解员的网络断了，请稍等")
    await tour.take(tour.room, consumer, "away", "The mediator's line is gone")
    back = await with_a_face(await visit(mediator.page.context, MEDIATOR, mediator.name, own_devices=True))
    await back.page.goto(f"{case.url}/room")
    await back.truth("一起谈")
    await pictured(back, 3)
    return back


async def see_leaving(tour: Tour, mediator: Visitor, consumer: Visitor) -> None:
    await consumer.press("离开")
    await tour.take(tour.room, consumer, "leave", "Leaving is asked once more")
    await consumer.page.get_by_role("dialog").get_by_role("button", name="离开").click()
    await consumer.heading("您已经离开")
    await tour.take(tour.room, consumer, "left", "Left; the place is kept")
    await tour.take(tour.console, mediator, "one-left", "One party has left")
    await consumer.press("回到等候室")
    await try_devices(consumer)
    await admit(mediator, CONSUMER_NAME)
    await pictured(mediator, 3)


async def see_the_end(tour: Tour, mediator: Visitor, consumer: Visitor) -> None:
    await mediator.press("结束调解")
    await tour.take(tour.console, mediator, "end", "Ending needs a ground")
    await (
        mediator.page.get_by_role("dialog", name="结束这次调解")
        .get_by_role("button", name="先不结束")
        .click()
    )
    await end_session(mediator, "达成协议")
    await tour.take(tour.console, mediator, "closed", "The session is closed")
    await consumer.heading("这次调解结束了")
    await tour.take(tour.room, consumer, "closed", "The session is closed, the settlement at hand")


async def see_who_is_not_let_in(tour: Tour) -> None:
    """Another case: one is never recorded and then removed, the other is not let in."""
    tour.room = tour.gallery.chapter("Who is not recorded, and who is not let in", PARTY_LOOKS)
    tour.console = tour.gallery.chapter("The same, at the console", STAFF_LOOKS)
    mediator = await with_a_face(await staff_page(tour.browser, tour.house, MEDIATOR))
    case = await open_case(mediator)
    consumer, insurer = await tour.party(CONSUMER, PHONE), await tour.party(INSURER, DESK)
    await arrive(insurer, tour.house, case, recording=False)
    await tour.take(tour.room, insurer, "waiting-unrecorded", "The waiting room, without recording")
    await arrive(consumer, tour.house, case)
    await take_the_chair(mediator, case)
    await mediator.page.get_by_role("button", name="这次不请").first.click()
    await consumer.heading("调解员这次没有请您进去")
    await tour.take(tour.room, consumer, "refused", "Not let in this time")
    await admit(mediator, INSURER_NAME)
    await open_session(mediator)
    await pictured(mediator, 2)
    await tour.take(tour.console, mediator, "unrecorded", "One person is never recorded")
    second = await with_a_face(await visit(insurer.page.context, INSURER, INSURER_NAME, own_devices=True))
    await second.page.goto(insurer.page.url)
    await insurer.heading("调解室在另一页打开了")
    await tour.take(tour.room, insurer, "replaced", "The room was opened in another tab")
    await pictured(second, 2)
    await mediator.press(f"请出：{INSURER_NAME}")
    await tour.take(tour.console, mediator, "remove", "Removing is asked once more")
    await (
        mediator.page.get_by_role("dialog")
        .get_by_role("button", name=re.compile(f"请出 ?{INSURER_NAME}"))
        .click()
    )
    await second.heading("调解员结束了您的参加")
    await tour.take(tour.room, second, "removed", "Removed")
    await end_session(mediator, "分歧太大")
    await consumer.heading("这次调解结束了")
    await tour.take(tour.room, consumer, "closed-without", "Closed without a settlement")
    for visitor in (consumer, insurer):
        await visitor.page.context.close()
