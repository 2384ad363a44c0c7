"""Offers as a browser would write them: the fourteen m-lines of our page, and nothing behind them."""

from signaling.sdp import LAYOUT


def section(mid: int, medium: str, direction: str, ssrc: int) -> list[str]:
    return [
        f"m={medium} 9 UDP/TLS/RTP/SAVPF 96 97",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:" + "p" * 22,
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        f"a=ssrc-group:FID {ssrc + 1} {ssrc + 2}",
        f"a=ssrc:{ssrc + 1} cname:x",
        f"a=ssrc:{ssrc + 2} cname:x",
    ]


def offer_lines(ssrcs: int = 0) -> list[str]:
    """Return an offer by lines; m-line `mid` has the SSRCs `ssrcs` + 10 `mid` + 1, and + 2 for repairs."""
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    lines.append("a=group:BUNDLE " + " ".join(str(mid) for mid in range(len(LAYOUT))))
    for mid, (medium, direction) in enumerate(LAYOUT):
        lines += section(mid, medium, direction, ssrcs + 10 * mid)
    return lines


def text(lines: list[str]) -> str:
    return "\r\n".join(lines) + "\r\n"
