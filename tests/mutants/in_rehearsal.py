"""What `heyi rehearse` must notice: breaks in forwarding, repair, cutting, recovery, recording and sealing."""

from typing import Final

from tests.mutants.mutant import ByRehearsal, Mutant

UNHEARD: Final = "没有听到或看到"
NOT_REPAIRED: Final = r"故意丢的 \d+ 个包只补回 \d+ 个"
NOTICED_LATE: Final = r"一方断线，别人 [\d.]+ 秒才知道|断线 \d+ 秒以后，别人的页面上还没有显示"
LEAKED: Final = r"单独会谈中的 \d+ 个包到了被隔开的一方"
RECORDED_CAUCUS: Final = "录像里有单独会谈的内容"
WRONG_PEOPLE: Final = "录像里的颜色或声音不对，或者缺了人"
WRONG_HASH: Final = "取回的录像与清单里的哈希不符"
NOT_VERIFIED: Final = "heyi verify 没有通过"

_FORWARDING = (
    Mutant(
        "one-way",
        "of two people only one hears the other",
        "signaling/exchange.py",
        "if (outlet := self._outlet(seat, edge)) is not None",
        "if (outlet := self._outlet(seat, edge)) is not None and edge.listener > ear(name)",
        ByRehearsal(UNHEARD),
    ),
    Mutant(
        "no-pictures",
        "no keyframe is recognised, so no picture ever begins",
        "signaling/source.py",
        "keyframe = self._video and rtp.starts_vp8_keyframe(payload)",
        "keyframe = False",
        ByRehearsal(UNHEARD),
    ),
    Mutant(
        "wrong-slot",
        "a person's sound comes in somebody else's slot",
        "signaling/exchange.py",
        "slot = slot_of(listener.place, source.place)",
        "slot = slot_of(source.place, listener.place)",
        ByRehearsal(UNHEARD),
    ),
)

_REPAIR = (
    Mutant(
        "repeats-not-taken",
        "what a browser sends again is taken for a copy, and a hole in its picture stays",
        "signaling/repair.py",
        "return self._since.pop(number, None) is not None",
        "return self._since.pop(number, None) is not None and number < 0",
        ByRehearsal(NOT_REPAIRED),
    ),
    Mutant(
        "repeats-not-given",
        "a listener that asks for a packet again gets nothing",
        "signaling/switchboard.py",
        "source.repeat(outlet, numbers, now)",
        "source.repeat(outlet, numbers[:0], now)",
        ByRehearsal(NOT_REPAIRED),
    ),
    Mutant(
        "silence-not-noticed",
        "whoever's media fell silent without a word is taken to be there for ten more seconds",
        "signaling/switchboard.py",
        "self._monotonic() - peer.last_heard < HEARD_WITHIN",
        "self._monotonic() - peer.last_heard < HEARD_WITHIN + 10",
        ByRehearsal(NOTICED_LATE),
    ),
)

_CUTTING = (
    Mutant(
        "caucus-heard-outside",
        "the joint edges stay while a caucus is open",
        "rooms/topology.py",
        "talking = room.conversation & present",
        "talking = room.admitted & present",
        ByRehearsal(LEAKED),
    ),
    Mutant(
        "caucus-overheard",
        "who is outside a caucus still hears and sees those inside",
        "rooms/topology.py",
        "for listener in talking\n        if source",
        "for listener in room.admitted & present\n        if source",
        ByRehearsal(LEAKED),
    ),
    Mutant(
        "caucus-recorded",
        "the recorder is not cut for a caucus",
        "rooms/topology.py",
        "if room.caucus is None and not room.paused:",
        "if room.opened_at is not None:",
        ByRehearsal(RECORDED_CAUCUS),
    ),
)

_RECORDING = (
    Mutant(
        "media-not-written",
        "a segment is opened and closed, and nothing is written into it",
        "recordings/desk.py",
        "self._writer.append(cluster)\n            self._media_ms = media_ms",
        "self._media_ms = media_ms",
        ByRehearsal(WRONG_PEOPLE),
    ),
    Mutant(
        "hash-of-something-else",
        "the stated hash is not that of the content",
        "recordings/objects.py",
        "self._hash.update(plain)",
        "self._hash.update(plain[1:])",
        ByRehearsal(WRONG_HASH),
    ),
    Mutant(
        "wrong-object",
        "another object is served than the segment's",
        "server/ranges.py",
        "asyncio.to_thread(vault.open, segment.object,",
        "asyncio.to_thread(vault.open, min(vault.objects()),",
        ByRehearsal(WRONG_HASH),
    ),
    Mutant(
        "wrong-seat",
        "everybody is recorded under one and the same seat",
        "signaling/exchange.py",
        "tape = self._tapes.start(self.room, name, pictures",
        "tape = self._tapes.start(self.room, min(self.seats), pictures",
        ByRehearsal(WRONG_PEOPLE),
    ),
)

_SEALING = (
    Mutant(
        "not-sealed",
        "the file is called sealed, and no seal was appended",
        "server/press.py",
        "pdf = seal(self.read(before), self.authority, at, self.typeface)",
        "pdf = self.read(before)",
        ByRehearsal(NOT_VERIFIED),
    ),
    Mutant(
        "changed-after-the-seal",
        "bytes are put behind the seal",
        "server/press.py",
        "return self.vault.put(pdf), hashlib",
        'return self.vault.put(pdf + b"\\n"), hashlib',
        ByRehearsal(NOT_VERIFIED),
    ),
    Mutant(
        "other-file-handed-out",
        "what is handed out as sealed is the offer that nobody has signed",
        "server/desk_rows.py",
        "return sealed.object",
        "return settlements.offer(tx, sealed.offer).object",
        ByRehearsal(NOT_VERIFIED),
    ),
    Mutant(
        "act-binds-another-digest",
        "an act's certificate names another document than the offer",
        "server/desk.py",
        "facts = SignerFacts(signer.field, signer.name, settlement.offer.digest, digest, at)",
        "facts = SignerFacts(signer.field, signer.name, digest, digest, at)",
        ByRehearsal(NOT_VERIFIED),
    ),
)

IN_REHEARSAL: Final = (*_FORWARDING, *_REPAIR, *_CUTTING, *_RECORDING, *_SEALING)
