"""Every path of the service, in one list; docs/protocol.md says what each is for."""

from typing import Final

from aiohttp import web

from cases.model import Role
from server.handlers import (
    archive,
    cases,
    connection,
    console,
    demo,
    invitation,
    metrics,
    people,
    public,
    seat,
    settlement,
    sign_in,
)
from server.sessions import Handler, for_party, for_scraper, for_staff

SEAT: Final = "/seat/{seat}"
STAFF: Final = "/staff/{staff}"
CASE: Final = STAFF + "/cases/{case}"
FILE: Final = STAFF + "/archive/{case}"

mediator = for_staff(Role.MEDIATOR)
legal = for_staff(Role.LEGAL)
admin = for_staff(Role.ADMIN)
anyone = for_staff(Role.MEDIATOR, Role.LEGAL, Role.ADMIN)

PUBLIC: Final[list[tuple[str, str, Handler]]] = [
    ("GET", "/", public.landing),
    ("GET", "/healthz", public.health),
    ("GET", "/metrics", for_scraper(metrics.metrics)),
    ("GET", "/roots.pem", public.roots),
    ("GET", "/i/{secret}", invitation.invitation),
    ("POST", "/i/{secret}/code", invitation.send_code),
    ("POST", "/i/{secret}/confirm", invitation.confirm),
    ("GET", "/staff/sign-in", sign_in.sign_in_form),
    ("POST", "/staff/sign-in", sign_in.sign_in),
    ("GET", "/demo/outbox", demo.outbox),
    ("GET", "/demo/sign-in/{secret}", sign_in.ticket),
]

PARTY: Final[list[tuple[str, str, Handler]]] = [
    ("GET", SEAT, for_party(seat.next_step)),
    ("GET", SEAT + "/consents", for_party(seat.ask_consents)),
    ("POST", SEAT + "/consents", for_party(seat.take_consents)),
    ("GET", SEAT + "/room", for_party(seat.room)),
    ("GET", SEAT + "/socket", for_party(seat.socket)),
    ("GET", SEAT + "/connection", for_party(connection.party_page)),
    ("POST", SEAT + "/connection/ways", for_party(connection.party_ways)),
    ("POST", SEAT + "/connection/probe", for_party(connection.party_probe)),
    ("POST", SEAT + "/connection/end", for_party(connection.party_end)),
    ("GET", SEAT + "/settlement.pdf", for_party(settlement.party_file)),
    ("POST", SEAT + "/settlement/code", for_party(settlement.party_code)),
    ("POST", SEAT + "/settlement/act", for_party(settlement.party_act)),
    ("POST", SEAT + "/settlement/decline", for_party(settlement.party_decline)),
]

OF_STAFF: Final[list[tuple[str, str, Handler]]] = [
    ("POST", STAFF + "/sign-out", anyone(sign_in.sign_out)),
    ("GET", STAFF, anyone(sign_in.first_page)),
    ("GET", STAFF + "/cases", mediator(cases.case_list)),
    ("GET", STAFF + "/cases/new", mediator(cases.new_case)),
    ("POST", STAFF + "/cases/new", mediator(cases.add_case)),
    ("GET", CASE, mediator(cases.case_page)),
    ("POST", CASE + "/links/{party}", mediator(cases.change_link)),
    ("GET", CASE + "/room", mediator(console.console)),
    ("GET", CASE + "/socket", mediator(console.socket)),
    ("GET", CASE + "/connection", mediator(connection.mediator_page)),
    ("POST", CASE + "/connection/ways", mediator(connection.mediator_ways)),
    ("POST", CASE + "/connection/probe", mediator(connection.mediator_probe)),
    ("POST", CASE + "/connection/end", mediator(connection.mediator_end)),
    ("GET", CASE + "/settlement.pdf", mediator(settlement.mediator_file)),
    ("POST", CASE + "/settlement/clauses", mediator(settlement.clauses)),
    ("POST", CASE + "/settlement/offer", mediator(settlement.offer)),
    ("POST", CASE + "/settlement/code", mediator(settlement.mediator_code)),
    ("POST", CASE + "/settlement/act", mediator(settlement.mediator_act)),
    ("GET", STAFF + "/archive", legal(archive.search)),
    ("GET", FILE, legal(archive.open_file)),
    ("POST", FILE, legal(archive.give_reason)),
    ("GET", FILE + "/recordings/{segment}", legal(archive.recording)),
    ("GET", FILE + "/recordings/{segment}/original", legal(archive.original)),
    ("GET", FILE + "/settlement.pdf", legal(archive.settlement_pdf)),
    ("GET", FILE + "/manifest.json", legal(archive.manifest)),
    ("GET", FILE + "/checks", legal(archive.checks)),
    ("GET", STAFF + "/people", admin(people.people)),
    ("POST", STAFF + "/people/{other}/sessions", admin(people.end_sessions)),
]


def add_routes(app: web.Application) -> None:
    """Add all paths, and the static files."""
    for method, path, handler in [*PUBLIC, *PARTY, *OF_STAFF]:
        app.router.add_route(method, path, handler)
    app.router.add_get("/static/{file:.+}", public.static)
