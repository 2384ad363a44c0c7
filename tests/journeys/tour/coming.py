"""A party's way from the link to the waiting room."""

from tests.builders.journey import (
    CONSUMER,
    MadeCase,
    Visitor,
    ask_for_code,
    consent,
    enter_code,
)
from tests.builders.lines import tested
from tests.journeys.tour.guide import Tour, pictured


async def see_coming(tour: Tour, consumer: Visitor, case: MadeCase) -> None:
    page = consumer.page
    consumer.bear("status of 409")
    await page.goto(case.links[CONSUMER])
    await tour.take(tour.coming, consumer, "invitation", "The invitation")
    digits = await ask_for_code(consumer, tour.house, case)
    await tour.take(tour.coming, consumer, "code", "The code from the text message")
    await enter_code(consumer, "000000" if digits != "000000" else "111111")
    await consumer.reads("还能试 4 次")
    await tour.take(tour.coming, consumer, "code-wrong", "A wrong code")
    await enter_code(consumer, digits)
    await tour.take(tour.coming, consumer, "consents", "Each consent by itself")
    await consumer.press("交上去，下一步试设备")
    await tour.take(tour.coming, consumer, "consents-missing", "A consent is missing")
    await page.get_by_role("link", name="测试我的连接").click()
    await tested(consumer)
    await tour.take(tour.coming, consumer, "line-no-relay", "The own line, where the centre has no relay")
    await page.get_by_role("link", name="去参加调解").click()
    await consent(consumer)
    await consumer.heading("试一试摄像头和声音")
    await tour.take(tour.coming, consumer, "devices", "The device check begins")
    await page.evaluate("portrait.trouble = { video: 'NotAllowedError', audio: 'NotAllowedError' }")
    await consumer.press("打开摄像头和麦克风")
    await consumer.heading("浏览器还没有允许使用麦克风")
    await tour.take(tour.coming, consumer, "denied", "The browser was not allowed")
    await page.evaluate("portrait.trouble = { video: 'NotFoundError', audio: 'NotReadableError' }")
    await consumer.press("我弄好了，再试一次")
    await consumer.heading("别的程序正在用麦克风")
    await tour.take(tour.coming, consumer, "busy", "Another program holds the microphone")
    await page.evaluate("portrait.trouble = { video: 'NotFoundError' }")
    await consumer.press("我弄好了，再试一次")
    await consumer.reads("没有画面，只用声音")
    await tour.take(tour.coming, consumer, "sound-only", "No camera: sound alone")
    await page.reload()
    await consumer.press("打开摄像头和麦克风")
    await consumer.reads("请让脸在画面中间")
    await pictured(consumer, 1)
    await tour.take(tour.coming, consumer, "ready", "Camera and microphone work")
    await consumer.press("都正常，去等候室")
    await consumer.heading("您已经到了，请稍坐")
    await tour.take(tour.coming, consumer, "waiting", "The waiting room")
