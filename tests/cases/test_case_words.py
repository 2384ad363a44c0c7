import pytest

from cases.model import Role, Side, masked_phone, side_of, yuan


@pytest.mark.parametrize(
    ("role", "side"),
    [
        (Role.CONSUMER, Side.APPLICANT),
        (Role.AGENT, Side.APPLICANT),
        (Role.SUPPORTER, Side.APPLICANT),
        (Role.INSURER, Side.RESPONDENT),
        (Role.APPROVER, Side.RESPONDENT),
        (Role.MEDIATOR, Side.CENTRE),
        (Role.EXPERT, Side.CENTRE),
    ],
)
def test_whose_side_a_role_is_on(role: Role, side: Side) -> None:
    assert side_of(role) is side


def test_a_masked_phone_cannot_be_called() -> None:
    assert masked_phone("13800135521") == "138****5521"
    assert masked_phone("110") == "****"


@pytest.mark.parametrize(
    ("fen", "text"), [(3_300_000, "¥33,000.00"), (5, "¥0.05"), (123_456_789, "¥1,234,567.89")]
)
def test_amounts_are_exact(fen: int, text: str) -> None:
    assert yuan(fen) == text
