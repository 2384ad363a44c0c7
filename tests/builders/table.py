"""A mediator and two parties who settle, over HTTP alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from cases.model import Case
from tests.builders.http import MEDIATOR, Browser, House, Page, Reply

CLAUSES = ["被申请人于三日内退还保险费 2353.00 元。", "双方就本案再无其他争议。"]


@dataclass
class Table:
    """Everybody at the table: browsers by role, and where each posts to."""

    house: House
    case: Case
    browsers: dict[str, Browser]
    bases: dict[str, str]
    phones: dict[str, str]

    async def post(self, who: str, path: str, **body: Any) -> Reply:
        return await self.browsers[who].post_json(f"{self.bases[who]}/settlement/{path}", body)

    async def offer(self, *clauses: str) -> str:
        """Offer clauses; return the digest."""
        assert (await self.post("mediator", "clauses", clauses=list(clauses) or CLAUSES)).status == 200
        reply = await self.post("mediator", "offer")
        assert reply.status == 200, reply.text
        digest: str = reply.json["settlement"]["digest"]
        return digest

    async def code(self, who: str, digest: str) -> str:
        reply = await self.post(who, "code", digest=digest)
        assert reply.status == 200, reply.text
        return self.house.code(self.phones[who])

    async def act(self, who: str, digest: str) -> Reply:
        code = await self.code(who, digest)
        return await self.post(who, "act", digest=digest, code=code, intent=True)

    async def all_act(self, digest: str) -> Reply:
        for who in ("consumer", "insurer"):
            assert (await self.act(who, digest)).status == 200
        return await self.act("mediator", digest)

    async def pdf(self, who: str = "mediator") -> Reply:
        return await self.browsers[who].get(f"{self.bases[who]}/settlement.pdf")


async def table_of(house: House) -> Table:
    case, mediator = await house.case(), await house.signed_in(MEDIATOR)
    browsers = {"mediator": mediator}
    bases = {"mediator": f"/staff/{MEDIATOR.id}/cases/{case.id}"}
    phones = {"mediator": MEDIATOR.phone}
    for party in case.parties:
        browsers[party.role] = await house.consented(case, party, mediator)
        bases[party.role] = f"/seat/{await house.seat(party)}"
        phones[party.role] = party.phone
    return Table(house, case, browsers, bases, phones)


@asynccontextmanager
async def in_session(table: Table) -> AsyncIterator[Page]:
    """Open the session with everybody in it; yield the console."""
    console_page = table.browsers["mediator"].page(table.bases["mediator"])
    consumer_page = table.browsers["consumer"].page(table.bases["consumer"])
    insurer_page = table.browsers["insurer"].page(table.bases["insurer"])
    async with console_page as console, consumer_page as consumer, insurer_page as insurer:
        for who, page in (("consumer", consumer), ("insurer", insurer)):
            assert (await page.ask("knock", mic=True, camera=True))["type"] == "done"
            seat = table.bases[who].removeprefix("/seat/")
            assert (await console.ask("admit", seat=seat))["type"] == "done"
        assert (await console.ask("open"))["type"] == "done"
        yield console
