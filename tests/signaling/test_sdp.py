import pytest

from cases.errors import Reason, Refused
from signaling.sdp import check_offer
from tests.builders.offers import offer_lines, section, text


def test_an_offer_of_the_fixed_layout_is_taken() -> None:
    offer = check_offer(text(offer_lines()))
    assert [line.mid for line in offer.lines] == [str(mid) for mid in range(14)]
    assert offer.lines[2].ssrcs == {21}
    assert offer.lines[2].repairs == {22}


def test_candidates_do_not_reach_the_library() -> None:
    candidate = "a=candidate:1 1 udp 1 0a1b2c3d.local 9 typ host"
    offer = check_offer(text([*offer_lines(), candidate, "a=end-of-candidates"]))
    assert "candidate" not in offer.text
    assert "a=ice-ufrag" in offer.text


@pytest.mark.parametrize(
    "wrong",
    [
        lambda lines: [],
        lambda lines: ["hello"],
        lambda lines: lines[:-12],
        lambda lines: lines + section(14, "video", "recvonly", 140),
        lambda lines: [line.replace("recvonly", "sendrecv") for line in lines],
        lambda lines: [line.replace("m=audio", "m=application") for line in lines],
        lambda lines: [line.replace("a=mid:3", "a=mid:4") for line in lines],
        lambda lines: [line.replace("a=mid:3", "a=mid:" + "3" * 17) for line in lines],
        lambda lines: [line for line in lines if "BUNDLE" not in line],
        lambda lines: [line for line in lines if "rtcp-mux" not in line],
        lambda lines: [line for line in lines if "fingerprint" not in line],
        lambda lines: [line for line in lines if "ice-pwd" not in line],
        lambda lines: [line.replace("actpass", "active") for line in lines],
        lambda lines: [line.replace("a=ssrc:11", "a=ssrc:eleven") for line in lines],
        lambda lines: lines + [f"a=candidate:{n} 1 udp 1 192.0.2.1 9 typ host" for n in range(1000)],
        lambda lines: lines + [f"a=candidate:{n} 1 udp 1 192.0.2.1 9 typ host" for n in range(65)],
        lambda lines: lines + ["a=x"] * 300,
        lambda lines: lines + [f"a=ssrc:{n} cname:x" for n in range(9)],
        lambda lines: [*lines, "a=" + "和" * 22_000],
    ],
)  # fmt: skip
def test_any_other_offer_is_refused(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as refused:
        check_offer(text(wrong(offer_lines())))
    assert refused.value.reason is Reason.SDP_BAD
