"""What tests must notice of that which has to stand up later: audit, recordings, settlements."""

from typing import Final

from tests.mutants.mutant import Mutant, by

_RECORDS = (
    Mutant(
        "audit-unlinked",
        "an audit row's hash does not cover the one before",
        "cases/audit.py",
        "bytes.fromhex(row.prev_hash) + canonical_json(body)",
        "canonical_json(body)",
        by("cases/test_audit.py::test_who_rewrites_a_row_has_to_rewrite_every_hash_after_it"),
    ),
    Mutant(
        "audit-untriggered",
        "the database lets an audit row be changed",
        "storage/migrations/versions/0001_first.py",
        "BEFORE UPDATE ON audit\n    BEGIN",
        "BEFORE UPDATE ON audit WHEN 0\n    BEGIN",
        by("storage/test_storage_schema.py::test_the_audit_refuses_update"),
    ),
    Mutant(
        "commit-after-the-deadline",
        "what was told as failed is committed all the same",
        "storage/database.py",
        "if not done and permit.take():\n",
        "if not done:\n",
        by("storage/test_storage_unit_of_work.py::test_a_write_that_is_too_late_is_told_and_never_committed"),
    ),
    Mutant(
        "truncation-unseen",
        "a recording that was cut short passes for whole",
        "recordings/vault.py",
        "if not reader.closed and not unfinished:",
        "if False:",
        by("recordings/test_vault.py::test_a_closed_object_cut_short_anywhere_is_damaged"),
    ),
    Mutant(
        "last-unbound",
        "whether a record is the last is not authenticated",
        "recordings/records.py",
        'struct.pack(">QB", number, last)',
        'struct.pack(">QB", number, 0)',
        by("recordings/test_vault.py::test_an_object_cut_short_cannot_be_made_to_look_closed"),
    ),
    Mutant(
        "hash-of-the-ciphertext",
        "a recording's hash is that of what stands on the disk",
        "recordings/objects.py",
        "self._hash.update(plain)",
        "self._hash.update(self._sealer.seal(self._number, plain, last=False))",
        by("recordings/test_recorder.py::test_the_register_holds_hash_and_size_of_the_plaintext"),
    ),
    Mutant(
        "sound-from-before",
        "a recording's first sound repeats what was said before its start",
        "recordings/tape.py",
        "if self._first:  #",
        "if False:  #",
        by(
            "recordings/test_recorder.py"
            "::test_the_first_packet_of_sound_is_dropped_for_it_repeats_what_was_before"
        ),
    ),
    Mutant(
        "bad-sector-costs-all",
        "a sector that the disk does not give back costs all that stands before it",
        "recordings/objects.py",
        'raise Damaged("the disk',
        'raise VaultError("the disk',
        by(
            "recordings/test_recovery.py"
            "::test_what_the_disk_does_not_give_back_is_a_fault_and_no_end_of_the_start",
        ),
    ),
    Mutant(
        "no-file-as-file",
        "an object that holds no file is taken for a recording that was cut off",
        "recordings/recovery.py",
        "        return replace(segment, cause=EndCause.FAULT)",
        "        return replace(segment, cause=EndCause.CRASH)",
        by("recordings/test_recovery.py::test_an_object_that_is_no_file_of_the_recorder_is_a_fault"),
    ),
)

_TIME = (
    Mutant(
        "reports-ignored",
        "sound and pictures are placed by when they arrived",
        "recordings/timeline.py",
        "        self._ntp_zero = seconds - self._unwrap(rtp_time) / self._rate\n",
        "",
        by(
            "recordings/test_sync.py::test_sound_and_pictures_of_each_seat_stay_within_45_ms_for_half_an_hour"
        ),
    ),
    Mutant(
        "report-held-up",
        "a report that was held up on its way moves all that its seat says",
        "recordings/timeline.py",
        "return min(target, quickest)",
        "return target",
        by("recordings/test_timeline.py::test_a_report_that_was_held_up_places_nothing_after_its_arrival"),
    ),
    Mutant(
        "interval-unsaid",
        "after a pause media are placed by one arrival, and moved to their time in a minute",
        "signaling/link.py",
        "if self.outlet.begin is not None:",
        "if False:",
        by("recordings/test_sync.py::test_sound_and_pictures_meet_again_whenever_a_stream_begins_anew"),
    ),
    Mutant(
        "time-torn",
        "a correction moves a medium at once",
        "recordings/timeline.py",
        "zero += min(most, max(-most, target - zero))",
        "zero = target",
        by(
            "recordings/test_timeline.py::test_a_late_first_report_is_slewed_to_and_time_never_runs_backwards"
        ),
    ),
)

_SETTLEMENTS = (
    Mutant(
        "root-from-the-file",
        "a certificate in the file is trusted for being there",
        "settlements/verifying.py",
        "if fingerprint(c) in root_fingerprints]",
        "if True]",
        by("settlements/test_tampering.py::test_a_file_of_another_installation_is_foreign"),
    ),
    Mutant(
        "act-missing",
        "a file that lacks an act is valid",
        "settlements/verifying.py",
        "signed == expected == sorted(opened.all_fields)",
        "set(signed) <= set(expected)",
        by("settlements/test_tampering.py::test_a_missing_act_is_found_even_under_a_seal"),
    ),
    Mutant(
        "binding-unchecked",
        "an act on another offer counts",
        "settlements/verifying.py",
        "return offer == bytes.fromhex(offer_digest) and evidence is not None",
        "return evidence is not None",
        by("settlements/test_tampering.py::test_an_act_on_another_offers_digest_is_found"),
    ),
    Mutant(
        "seal-without-acts",
        "the centre seals before everybody has signed",
        "settlements/sealing.py",
        "if not all(done for field, done in signed.items() if field != SEAL_FIELD):",
        "if False:",
        by("settlements/test_sealing.py::test_the_seal_waits_for_every_act"),
    ),
)

_COPYING = "recordings/test_copying.py"
_COPIES = (
    Mutant(
        "copy-of-what-was-changed",
        "an original whose hash is not that of its row yields a copy",
        "recordings/copying.py",
        "if total.hexdigest() != segment.sha256:",
        "if False:",
        by(f"{_COPYING}::test_an_original_whose_row_says_another_hash_yields_no_copy"),
    ),
    Mutant(
        "copy-unread",
        "what is no file of the recorder's is copied and passes for verified",
        "recordings/scan.py",
        "            if kind != SIMPLE_BLOCK or not front < at <= end:",
        "            if False:",
        by(f"{_COPYING}::test_what_is_no_file_of_the_recorder_yields_no_copy"),
    ),
    Mutant(
        "copy-out-of-time",
        "media that are longer than their segment are copied and pass for verified",
        "recordings/copying.py",
        "if abs(figures.media_ms - wall_ms) > OFF:",
        "if False:",
        by(f"{_COPYING}::test_media_that_are_longer_or_shorter_than_their_segment_yield_no_copy"),
    ),
    Mutant(
        "time-backwards",
        "time that runs backwards passes for verified",
        "recordings/scan.py",
        "        if at <= self._at:\n            raise NotCopied(NoCopy.TIME)\n",
        "",
        by(f"{_COPYING}::test_sound_whose_time_runs_backwards_yields_no_copy"),
    ),
    Mutant(
        "silence-as-gap",
        "silence that a sender announced is stated as a gap",
        "recordings/scan.py",
        "SOUND_HOLE if size > _QUIET else SILENCE",
        "SOUND_HOLE",
        by(f"{_COPYING}::test_silence_that_a_sender_announced_is_no_hole"),
    ),
    Mutant(
        "copy-named-early",
        "half a copy has a name",
        "recordings/vault.py",
        "        writer = self._writer(object_id, about)\n        try:\n            for part in parts:",
        "        writer = self._writer(object_id, about)\n        writer.publish()\n"
        "        try:\n            for part in parts:",
        by(f"{_COPYING}::test_a_copy_that_nobody_waits_for_gets_no_name"),
    ),
    Mutant(
        "original-replaced",
        "a copy takes the place of its original",
        "recordings/copyist.py",
        "segment, ObjectId(new_id()), rest)",
        "segment, segment.object, rest)",
        by("server/test_copies.py::test_a_player_is_given_the_copy_and_the_original_stays_the_evidence"),
    ),
    Mutant(
        "evidence-derived",
        "what is downloaded as the original is the copy",
        "server/handlers/archive.py",
        'return await send_object(request, await _watched(request, guest, "original"))',
        'segment = await _watched(request, guest, "original")\n'
        "    copy = await services(request).database.read(copies.of_segment, segment.id)\n"
        "    return await send_object(request, segment, copy)",
        by("server/test_copies.py::test_a_player_is_given_the_copy_and_the_original_stays_the_evidence"),
    ),
)

_PLAYED: Final = (
    Mutant(
        "altered-is-played",
        "a segment that does not fit its hash is played as if it did",
        "web/playback.py",
        '    "altered": _("这一段的散列不符，所以不放"),\n',
        "",
        by("web/test_playback.py::test_what_does_not_fit_its_hash_or_is_not_there_is_a_hole_with_words"),
    ),
    Mutant(
        "films-keep-the-line",
        "a player that asks for the rest of a film keeps one of a browser's six connections",
        "server/ranges.py",
        "else wanted[:MOST_AT_ONCE]",
        "else wanted",
        by("server/test_archive_pages.py::test_a_player_gets_a_megabyte_at_once_and_asks_for_the_rest"),
    ),
)

IN_EVIDENCE: Final = (*_RECORDS, *_TIME, *_SETTLEMENTS, *_COPIES, *_PLAYED)
