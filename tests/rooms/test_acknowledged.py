"""Nobody is heard by more people than their screen says."""

from hypothesis import given
from hypothesis import strategies as st

from cases.ids import SeatId
from rooms.acknowledged import Acknowledged, Shown
from rooms.edges import RECORDER, Edge, Kind, Listener, ear
from tests.builders.room import CONSUMER, INSURER, MEDIATOR
from tests.builders.wishes import some

MED, INS = ear(MEDIATOR), ear(INSURER)
BOTH, ONLY_MED = frozenset({MED, INS}), frozenset({MED})
audiences = st.frozensets(st.sampled_from((MED, INS, RECORDER)))


def test_a_new_page_starts_with_nothing() -> None:
    assert Shown().acknowledged == frozenset()
    assert Shown().showing(BOTH).acknowledged == frozenset()


def test_an_audience_that_grows_waits_for_the_page() -> None:
    shown = Shown().showing(ONLY_MED).acked(1).showing(BOTH)
    assert shown.acknowledged == ONLY_MED
    assert shown.acked(2).acknowledged == BOTH


def test_an_audience_that_shrinks_is_forgotten_at_once() -> None:
    shown = Shown().showing(BOTH).acked(1).showing(ONLY_MED)
    assert shown.acknowledged == ONLY_MED
    assert shown.showing(BOTH).acknowledged == ONLY_MED  # it must be shown again


def test_only_the_newest_view_counts() -> None:
    shown = Shown().showing(ONLY_MED).showing(BOTH)
    assert shown.acked(1).acknowledged == frozenset()
    assert shown.acked(3).acknowledged == frozenset()
    assert shown.acked(2).acknowledged == BOTH


def test_an_edge_is_allowed_by_its_source_for_that_listener() -> None:
    edges = frozenset(
        Edge(source, Kind.MIC, listener) for source in (CONSUMER, MEDIATOR) for listener in (INS, RECORDER)
    )
    known = Acknowledged().with_(CONSUMER, Shown().showing(frozenset({INS})).acked(1))
    assert known.allowed(edges) == {Edge(CONSUMER, Kind.MIC, INS)}
    assert known.without(CONSUMER).allowed(edges) == frozenset()
    assert known.without(MEDIATOR).allowed(edges) == {Edge(CONSUMER, Kind.MIC, INS)}


@some
@given(st.lists(st.tuples(audiences, st.integers(0, 8))))
def test_what_counts_as_shown_was_on_the_newest_screen(
    steps: list[tuple[frozenset[Listener], int]],
) -> None:
    shown = Shown()
    for audience, number in steps:
        shown = shown.showing(audience).acked(number)
        assert shown.acknowledged <= audience


@some
@given(st.dictionaries(st.sampled_from((CONSUMER, INSURER)), audiences))
def test_nothing_is_allowed_that_was_not_asked_for(shown: dict[SeatId, frozenset[Listener]]) -> None:
    known = Acknowledged({seat: Shown(1, who, who) for seat, who in shown.items()})
    edges = frozenset({Edge(CONSUMER, Kind.MIC, MED), Edge(INSURER, Kind.CAMERA, MED)})
    assert known.allowed(edges) == {e for e in edges if MED in shown.get(e.source, frozenset())}
