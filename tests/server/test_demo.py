"""The demo: what its printed links open, beside what its rehearsal has done."""

from cases.model import Role
from server.demo import open_doors, stage_of_rehearsal
from tests.builders.http import House


async def test_the_rehearsals_reason_opens_no_file_for_the_printed_link(house: House) -> None:
    doors = await house.services.database.write(open_doors)
    stage = await house.services.database.write(stage_of_rehearsal, "http://localhost")
    assert stage is not None
    assert stage.case is not None
    found = []
    for ticket, reason in ((stage.legal.ticket, "演练：核对录像和协议"), (doors.legal, "")):
        browser = house.browser()
        file = f"{(await browser.get(ticket)).location}/archive/{stage.case.id}"
        await browser.get(file)
        if reason:
            assert (await browser.post(file, reason=reason)).status == 303
        found.append("写明事由，打开卷宗" in (await browser.get(file)).text)
    assert found == [False, True]
    assert set(doors.parties) == {Role.CONSUMER, Role.INSURER}
