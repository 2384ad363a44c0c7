"""Which privates of aiortc, aioice, pylibsrtp and pyOpenSSL the seam's two files use, and of which versions."""

import importlib.metadata
from typing import Final

import aioice.ice
import aioice.stun
import pylibsrtp
from aiortc import RTCConfiguration, RTCPeerConnection, rtcrtpreceiver
from OpenSSL import SSL
from pylibsrtp._binding import lib

from cases.errors import Broken

PINS: Final = {"aiortc": "1.16.0", "aioice": "0.13.0", "pylibsrtp": "1.0.0"}
DESCRIPTIONS: Final = tuple(
    f"_RTCPeerConnection__{which}{side}Description"
    for which in ("current", "pending")
    for side in ("Local", "Remote")
)


def check_pins() -> None:
    """Raise Broken, in one sentence, if a pinned library is not the one the seam was written for."""
    for name, wanted in PINS.items():
        found = importlib.metadata.version(name)
        if found != wanted:
            raise Broken(f"{name} {found} is installed, but Heyi needs {wanted}.")
    for owner, names in _used():
        for name in names:
            if not hasattr(owner, name):
                raise Broken(f"{owner!r} has no {name}, which Heyi needs.")


def _used() -> list[tuple[object, tuple[str, ...]]]:
    connection = aioice.ice.Connection(ice_controlling=False)
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = pc.addTransceiver("audio")
    return [
        (connection, ("_nominated", "_check_list", "_protocols", "_queue", "_local_candidates")),
        (connection, ("_local_candidates_start", "_local_candidates_end", "_query_consent_task", "_closing")),
        (connection, ("gather_candidates", "query_consent", "build_request", "_remote_candidates")),
        (connection, ("_valid_username", "local_password", "remote_password")),
        (aioice.stun.Message, ("check_message_integrity",)),
        (aioice.ice.StunProtocol, ("datagram_received", "request")),
        (transceiver, ("_codecs", "_headerExtensions", "_offerDirection")),
        (transceiver.sender, ("_ssrc", "_rtx_ssrc", "_stream_id")),
        (transceiver.receiver.transport, ("_rx_srtp", "_tx_srtp", "_state", "_task", "_ssl")),
        (SSL.Context(SSL.DTLS_METHOD), ("_verify_helper",)),
        (pylibsrtp.Session(), ("_srtp",)),
        (lib, ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp")),
        (transceiver.receiver.transport.transport, ("_connection",)),
        (pc, ("_RTCPeerConnection__connect", "_RTCPeerConnection__transceivers", *DESCRIPTIONS)),
        (pc, ("_RTCPeerConnection__remoteDtls", "_RTCPeerConnection__remoteIce")),
        (rtcrtpreceiver, ("RemoteBitrateEstimator",)),
    ]
