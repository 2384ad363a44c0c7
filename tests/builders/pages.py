"""Every page with facts of the sample cases, for tests and for looking at."""

from dataclasses import replace
from datetime import timedelta

from cases.consents import TEXTS
from cases.model import Dispute, Ground, Role, Side
from settlements import intents
from tests.builders.case_files import case_file
from tests.builders.facts import ADMIN, CASE, CENTRE, CENTRE_PHONE, FACTS, INSURER, LEGAL, LONG, MEDIATOR, NOW
from web import views


def invitation(name: str = "刘桂英", *, role: Role = Role.CONSUMER, known: bool = False) -> views.Invitation:
    return views.Invitation(CASE, name, role, "/i/secret", "token", known, "/seat/s1")


def confirm_code(error: str = "", *, sent: bool = True) -> views.ConfirmCode:
    return views.ConfirmCode(CASE, "138****5521", "/i/secret", "token", sent, error)


def consents(
    given: tuple[bool | None, ...] = (None, None, None), missing: tuple[str, ...] = ()
) -> views.Consents:
    items = tuple(
        views.ConsentItem(t.purpose, t.title, t.summary, t.paragraphs, t.version, t.required, answer)
        for t, answer in zip(TEXTS, given, strict=True)
    )
    return views.Consents(CASE, "/seat/s1", "token", items, missing)


def case_rows() -> tuple[views.CaseRow, ...]:
    def row(number: str, title: str, dispute: Dispute, fen: int, *who: str) -> views.CaseRow:
        name, stage = who
        return views.CaseRow(
            f"/staff/st1/cases/c{number}",
            f"〔2025〕云保调字第{number}号",
            title,
            dispute,
            fen,
            name,
            INSURER,
            CASE.scheduled_at,
            stage,
            Ground.SETTLED if stage == "closed" else None,
        )

    return (
        row("0318", "退还多扣的保险费", Dispute.MIS_SELLING, 235_300, "刘桂英", "waiting"),
        row("0402", "车损定损", Dispute.LOSS_ASSESSMENT, 3_860_000, "陈立", "open"),
        row("0409", "重疾险解除合同", Dispute.RESCISSION, 20_000_000, "吴国平", "scheduled"),
        row("0411", "家财险水渍", Dispute.OTHER, 890_000, LONG, "settled"),
        row("0127", "医疗险拒赔", Dispute.CLAIM_DENIAL, 4_725_175, "周建国", "closed"),
        replace(
            row("0093", "意外险拒赔", Dispute.CLAIM_DENIAL, 6_000_000, "唐晓梅", "closed"),
            ground=Ground.TOO_FAR_APART,
        ),
    )


def case_list(rows: tuple[views.CaseRow, ...] | None = None, query: str = "") -> views.CaseList:
    return views.CaseList(MEDIATOR, case_rows() if rows is None else rows, query)


def new_case(errors: dict[str, str] | None = None) -> views.NewCase:
    values = {"number": "〔2025〕云保调字第0412号"}
    if errors:
        values |= {
            "title": "车损定损",
            "claimed": "三万",
            "applicant_name": "陈立",
            "dispute": "loss-assessment",
        }
    return views.NewCase(MEDIATOR, values, errors or {})


INVITATION_TEXT = (
    f"刘桂英您好，{CENTRE}请您参加视频调解：退还多扣的保险费，9月18日 周四 上午9:30。\n"
    "请点 https://heyi.example/i/k3J9s0Qe7Zr1\n不收费，不要密码，不让您转账。"
)


def party(name: str = "刘桂英", link: str = "works", invitation: str = "") -> views.PartyRow:
    return views.PartyRow(
        "p1",
        name,
        "",
        Role.CONSUMER,
        Side.APPLICANT,
        "138****5521",
        link,
        None if link == "none" else NOW + timedelta(days=30),
        invitation,
    )


def insurer(link: str = "none") -> views.PartyRow:
    return replace(
        party("赵一鸣", link), id="p2", organisation=INSURER, role=Role.INSURER, side=Side.RESPONDENT
    )


def case_page(*parties: views.PartyRow, stage: str = "scheduled", settlement: str = "none") -> views.CasePage:
    case = replace(FACTS, stage=stage, ground=Ground.SETTLED if stage == "closed" else None)
    shown = parties or (party(invitation=INVITATION_TEXT), insurer())
    return views.CasePage(MEDIATOR, case, "/staff/st1/cases/c2", shown, settlement)


def archive_row(number: str = "0127", settlement: str = "sealed") -> views.ArchiveRow:
    return views.ArchiveRow(
        f"/staff/st2/archive/c{number}",
        f"〔2025〕云保调字第{number}号",
        "医疗险拒赔",
        Dispute.CLAIM_DENIAL,
        ("周**", "赵**（安和在线财险）"),
        Ground.SETTLED if settlement == "sealed" else Ground.TOO_FAR_APART,
        NOW,
        NOW + timedelta(hours=2),
        7 if settlement == "sealed" else 0,
        settlement,
    )


def archive(
    rows: tuple[views.ArchiveRow, ...] = (), *, searched: bool = False, error: str = ""
) -> views.Archive:
    return views.Archive(LEGAL, rows, "0127" if searched else "", "", "", error, searched)


def people(rows: int = 3) -> views.People:
    every = (
        views.StaffRow("st1", "林静", Role.MEDIATOR, "139****0001", 2, NOW),
        views.StaffRow("st2", LONG, Role.LEGAL, "139****0002", 1, NOW - timedelta(days=3)),
        views.StaffRow("st3", "何平", Role.ADMIN, "139****0003", 0, None),
    )
    return views.People(ADMIN, every[:rows])


def outbox(count: int = 2) -> views.Outbox:
    every = (
        views.Message(
            NOW, "13800005521", "【和议】402915，5 分钟内有效。确认是您本人，只填在网页里，不要告诉别人。"
        ),
        views.Message(NOW - timedelta(minutes=2), "13900007788", "【和议】118230，5 分钟内有效。"),
    )
    return views.Outbox(every[:count])


PROBLEM = views.Problem(
    410, "链接过期了", "这个链接过期了。给调解中心打电话，马上发新的。", CENTRE, CENTRE_PHONE
)

EXPECTED = (
    views.Expected("林静", Role.MEDIATOR, Side.CENTRE, "", me=False),
    views.Expected("刘桂英", Role.CONSUMER, Side.APPLICANT, "", me=True),
    views.Expected("赵一鸣", Role.INSURER, Side.RESPONDENT, INSURER, me=False),
)
SEAT = views.SeatPage(
    CASE, "刘桂英", Role.CONSUMER, "/seat/s1", "token", EXPECTED, recorded=True, intent=intents.PARTY
)

WAYS = ("direct", "udp", "tcp", "tls")
CASE_BASE = "/staff/st1/cases/c2"

SAMPLES: dict[str, views.Page] = {
    "landing": views.Landing(CENTRE, CENTRE_PHONE),
    "problem": PROBLEM,
    "sign-in": views.SignIn(CENTRE, "token"),
    "sign-in-wrong": views.SignIn(CENTRE, "token", "13900000001", "手机号或密码不对。"),
    "invitation": invitation(),
    "invitation-known": invitation(known=True),
    "invitation-insurer": invitation("赵一鸣", role=Role.INSURER),
    "invitation-long": invitation(LONG),
    "confirm-code": confirm_code(),
    "confirm-code-wrong": confirm_code("这 6 位数字不对，还能试 3 次。请看最新一条短信。"),
    "confirm-code-unsent": confirm_code(sent=False),
    "consents": consents(),
    "consents-missing": consents((True, False, None), ("online", "recording")),
    "consents-given": consents((True, True, False)),
    "seat": SEAT,
    "party-line": views.PartyLine(CASE, "/seat/s1", "token", WAYS),
    "party-line-alone": views.PartyLine(CASE, "/seat/s1", "token", WAYS[:1]),
    "case-line": views.CaseLine(MEDIATOR, FACTS, CASE_BASE, WAYS),
    "console": views.Console(MEDIATOR, FACTS, CASE_BASE, "139****0001", intents.MEDIATOR),
    "cases": case_list(),
    "cases-none": case_list(()),
    "cases-not-found": case_list((), "郑"),
    "new-case": new_case(),
    "new-case-wrong": new_case(
        {
            "claimed": "这一项写得不对，请照提示改。",
            "dispute": "这一项要填。",
            "respondent_phone": "这一项要填。",
        }
    ),
    "case": case_page(),
    "case-used": case_page(party(link="used"), insurer("expired"), stage="open", settlement="offered"),
    "case-long": case_page(party(LONG, "revoked"), insurer("works")),
    "case-closed": case_page(party(link="used"), insurer("used"), stage="closed", settlement="sealed"),
    "archive": archive(),
    "archive-found": archive((archive_row(), archive_row("0093", "declined")), searched=True),
    "archive-none": archive(searched=True),
    "archive-wrong": archive(error="这一项写得不对，请照提示改。", searched=True),
    "ask-reason": views.AskReason(LEGAL, archive_row()),
    "ask-reason-wrong": views.AskReason(LEGAL, archive_row(), "卷宗要写明事由才能打开。", "看"),
    "case-file": case_file(),
    "case-file-none": case_file(empty=True),
    "people": people(),
    "people-none": people(0),
    "outbox": outbox(),
    "outbox-none": outbox(0),
}
