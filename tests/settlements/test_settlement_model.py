from datetime import timedelta
from functools import reduce

import pytest

from cases.errors import Reason, Refused
from cases.ids import OfferId
from settlements.model import (
    MAX_CLAUSE_CHARACTERS,
    MAX_CLAUSES,
    Command,
    Decline,
    MakeOffer,
    RecordAct,
    Seal,
    Settlement,
    SettlementState,
    WriteClauses,
)
from tests.builders.settlements import OFFERED_AT, evidence_of, sample_settlement

DIGEST = "aa" * 32
OTHER_DIGEST = "bb" * 32


def does(settlement: Settlement, *commands: Command) -> Settlement:
    for minute, command in enumerate(commands):
        at = OFFERED_AT + timedelta(minutes=minute)
        settlement = reduce(Settlement.after, settlement.decide(command, at), settlement)
    return settlement


def refusal(settlement: Settlement, command: Command) -> Reason:
    with pytest.raises(Refused) as refused:
        settlement.decide(command, OFFERED_AT)
    return refused.value.reason


def act(field: str, digest: str = DIGEST) -> RecordAct:
    return RecordAct(field, digest, evidence_of(field))


WRITE = WriteClauses(("付款三万三千元。", "合同终止。"))
OFFER = MakeOffer(OfferId("o1"), DIGEST, 2)
ACTS = (act("insurer"), act("consumer"), act("mediator"))


@pytest.fixture
def offered() -> Settlement:
    return does(sample_settlement(), WRITE, OFFER)


@pytest.fixture
def signed(offered: Settlement) -> Settlement:
    return does(offered, *ACTS)


def test_clauses_are_numbered_from_one() -> None:
    written = does(sample_settlement(), WriteClauses((" 一。 ", "二。")))
    assert [(c.number, c.text) for c in written.clauses] == [(1, "一。"), (2, "二。")]
    assert written.state is SettlementState.DRAFT


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ((), Reason.CLAUSES_EMPTY),
        (("一。", " \n"), Reason.CLAUSES_EMPTY),
        (("一",) * (MAX_CLAUSES + 1), Reason.CLAUSES_TOO_LONG),
        (("一" * (MAX_CLAUSE_CHARACTERS + 1),), Reason.CLAUSES_TOO_LONG),
    ],
)
def test_clauses_out_of_bounds_are_refused(texts: tuple[str, ...], reason: Reason) -> None:
    assert refusal(sample_settlement(), WriteClauses(texts)) is reason


def test_clauses_at_the_bounds_are_accepted() -> None:
    written = does(sample_settlement(), WriteClauses(("一" * MAX_CLAUSE_CHARACTERS,) * MAX_CLAUSES))
    assert len(written.clauses) == MAX_CLAUSES


def test_an_offer_needs_clauses() -> None:
    assert refusal(sample_settlement(), OFFER) is Reason.CLAUSES_EMPTY


def test_a_change_of_the_clauses_voids_the_offer_and_its_acts(offered: Settlement) -> None:
    changed = does(offered, act("consumer"), WriteClauses(("付款三万元。",)))
    assert changed.state is SettlementState.DRAFT
    assert changed.offer is None
    assert changed.acts == ()
    assert refusal(changed, act("insurer")) is Reason.OFFER_NONE


def test_the_same_clauses_again_void_nothing(offered: Settlement) -> None:
    assert does(offered, act("consumer"), WRITE) == does(offered, act("consumer"))


def test_a_new_offer_starts_without_acts_and_counts_up(offered: Settlement) -> None:
    again = does(offered, act("consumer"), MakeOffer(OfferId("o2"), OTHER_DIGEST, 2))
    assert again.acts == ()
    assert again.offer is not None
    assert (again.offer.id, again.offer.version) == ("o2", 2)
    assert refusal(again, act("consumer", DIGEST)) is Reason.OFFER_CHANGED


@pytest.mark.parametrize("first", ["consumer", "insurer"])
def test_the_parties_act_in_any_order(offered: Settlement, first: str) -> None:
    second = {"consumer": "insurer", "insurer": "consumer"}[first]
    done = does(offered, act(first), act(second), act("mediator"))
    assert done.state is SettlementState.SIGNED
    assert done.signed_at == OFFERED_AT + timedelta(minutes=2)


def test_the_mediator_acts_last(offered: Settlement) -> None:
    assert refusal(does(offered, act("consumer")), act("mediator")) is Reason.NOT_NOW


def test_nobody_acts_twice(offered: Settlement, signed: Settlement) -> None:
    assert refusal(does(offered, act("consumer")), act("consumer")) is Reason.ACT_DONE
    assert refusal(signed, act("consumer")) is Reason.ACT_DONE


def test_an_act_on_another_text_is_refused(offered: Settlement) -> None:
    assert refusal(offered, act("consumer", OTHER_DIGEST)) is Reason.OFFER_CHANGED


def test_who_does_not_sign_cannot_act(offered: Settlement) -> None:
    assert refusal(offered, act("witness")) is Reason.NOT_YOURS
    assert refusal(offered, Decline("witness")) is Reason.NOT_YOURS


def test_without_an_offer_there_is_nothing_to_act_on() -> None:
    drafted = does(sample_settlement(), WRITE)
    for command in (act("consumer"), Decline("consumer")):
        assert refusal(drafted, command) is Reason.OFFER_NONE


def test_an_offer_that_was_declined_can_be_followed_by_another(offered: Settlement) -> None:
    ended = does(offered, act("consumer"), Decline("insurer"))
    assert (ended.state, ended.offer, ended.acts) == (SettlementState.DECLINED, None, ())
    assert does(ended, MakeOffer(OfferId("o2"), OTHER_DIGEST, 2)).state is SettlementState.OFFERED


def test_what_is_signed_stays(signed: Settlement) -> None:
    assert refusal(signed, WriteClauses(("别的。",))) is Reason.NOT_NOW
    assert refusal(signed, MakeOffer(OfferId("o2"), OTHER_DIGEST, 2)) is Reason.NOT_NOW
    assert refusal(signed, Decline("consumer")) is Reason.OFFER_NONE


def test_the_seal_needs_every_act(offered: Settlement) -> None:
    lacking = does(offered, *ACTS[:2])
    assert [s.field for s in lacking.missing] == ["mediator"]
    assert refusal(lacking, Seal(OTHER_DIGEST)) is Reason.NOT_SETTLED


def test_sealing_twice_changes_nothing(signed: Settlement) -> None:
    once = does(signed, Seal(OTHER_DIGEST))
    assert once.state is SettlementState.SEALED
    assert once.sealed_digest == OTHER_DIGEST
    assert once.decide(Seal(DIGEST), OFFERED_AT) == ()
