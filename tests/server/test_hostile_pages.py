"""Sockets of somebody whose right has ended: a link that was revoked, a session that was ended."""

from cases.model import Case
from tests.builders.http import ADMIN, MEDIATOR, Browser, House


async def test_a_socket_that_kept_its_greeting_back_gets_nothing_once_the_link_is_revoked(
    house: House, mediator: Browser, case: Case
) -> None:
    party = case.parties[0]
    stolen = await house.consented(case, party, mediator)
    url = house.server.make_url(f"/seat/{await house.seat(party)}/socket")
    async with house.http.ws_connect(url, headers=stolen.headers()) as socket:
        await mediator.post(f"/staff/{MEDIATOR.id}/cases/{case.id}/links/{party.id}", do="revoke")
        await socket.send_json({"type": "hello", "csrf": stolen.csrf})
        assert (await socket.receive_json())["reason"] == "signed-out"
        await socket.receive()
        assert socket.close_code == 4003


async def test_a_socket_that_kept_its_greeting_back_gets_nothing_once_the_session_is_ended(
    house: House, mediator: Browser, case: Case
) -> None:
    url = house.server.make_url(f"/staff/{MEDIATOR.id}/cases/{case.id}/socket")
    await mediator.get(f"/staff/{MEDIATOR.id}/cases/{case.id}/room")
    admin = await house.signed_in(ADMIN)
    async with house.http.ws_connect(url, headers=mediator.headers()) as socket:
        await admin.post(f"/staff/{ADMIN.id}/people/{MEDIATOR.id}/sessions")
        await socket.send_json({"type": "hello", "csrf": mediator.csrf})
        assert (await socket.receive_json())["reason"] == "signed-out"
        await socket.receive()
        assert socket.close_code == 4003
