"""What the sample pages have in common: the centre, its staff, sample case 2."""

from datetime import UTC, datetime

from cases.model import Dispute, Role
from web import views

CENTRE = "云州保险纠纷调解中心"
CENTRE_PHONE = "0871-6655 0318"
INSURER = "安和在线财产保险股份有限公司"
NOW = datetime(2025, 9, 18, 1, 21, tzinfo=UTC)
LONG = "阿卜杜热西提·买买提明江·" * 4  # longer than 40 characters
HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{ 7*7 }}"""

MEDIATOR = views.Viewer("林静", Role.MEDIATOR, "/staff/st1", "token")
LEGAL = views.Viewer("孙若兰", Role.LEGAL, "/staff/st2", "token")
ADMIN = views.Viewer("何平", Role.ADMIN, "/staff/st3", "token")

CASE = views.PartyCase(
    number="〔2025〕云保调字第0318号",
    title="退还多扣的保险费",
    opponent="安和在线财险",
    scheduled_at=datetime(2025, 9, 18, 1, 30, tzinfo=UTC),
    mediator="林静",
    centre=CENTRE,
    centre_phone=CENTRE_PHONE,
)

FACTS = views.CaseFacts(
    id="c2",
    number=CASE.number,
    title=CASE.title,
    dispute=Dispute.MIS_SELLING,
    claimed_fen=235_300,
    scheduled_at=CASE.scheduled_at,
    mediator="林静",
    stage="scheduled",
    ground=None,
)
