"""What unit and protocol tests must notice: the rules on which everything else rests."""

from typing import Final

from tests.mutants.in_operation import IN_OPERATION
from tests.mutants.in_privacy import IN_PRIVACY
from tests.mutants.mutant import Mutant, by

_WHO_HEARS = (
    Mutant(
        "no-mediator",
        "the parties go on hearing each other without a mediator",
        "rooms/topology.py",
        "if not talking & room.mediators:",
        "if not talking:",
        by("rooms/test_topology.py::test_nobody_is_left_alone_with_the_other_side"),
    ),
    Mutant(
        "consent-ignored",
        "who refused the recording is recorded",
        "rooms/topology.py",
        "if s.recorded or s.role in RECORDED_BY_DUTY",
        "if True",
        by(
            "rooms/test_topology.py::test_who_withdraws_the_consent_is_recorded_no_more",
            "rooms/test_topology.py::test_the_mediator_is_recorded_by_duty",
        ),
    ),
    Mutant(
        "unacknowledged",
        "people are heard by more than their own page has shown them",
        "rooms/acknowledged.py",
        "frozenset(e for e in edges if e.listener in self.of(e.source).acknowledged)",
        "frozenset(edges)",
        by("rooms/test_acknowledged.py::test_an_edge_is_allowed_by_its_source_for_that_listener"),
    ),
    Mutant(
        "socket-is-presence",
        "a mediator counts as present by the page alone, without media",
        "signaling/clerk.py",
        "frozenset(s for s in online if self.media_come(s))",
        "frozenset(online)",
        by("signaling/test_clerk.py::test_the_mediators_line_drops_and_the_parties_are_silent_to_each_other"),
    ),
    Mutant(
        "silence-after-commit",
        "a caucus is committed before the others are cut",
        "signaling/clerk.py",
        "try:\n            self._silence(e.cut_cause(events))\n",
        "try:\n",
        by("signaling/test_clerk.py::test_silence_comes_before_the_commit_and_the_view_after_it"),
    ),
    Mutant(
        "failure-told-as-done",
        "who asked is told that it is done, though the commit failed",
        "signaling/clerk.py",
        "self._asked.unwritten(command, events)\n            raise",
        "self._asked.unwritten(command, events)",
        by("signaling/test_clerk_failures.py::test_a_cut_that_could_not_be_committed_comes_back"),
    ),
)

_LINES = (
    Mutant(
        "blamed-for-others",
        "what a speaker's line loses is held against the lines of those who listen",
        "signaling/downlink.py",
        "lost = absent - skipped",
        "lost = absent",
        by(
            "signaling/test_downlink.py::test_what_never_came_here_is_not_held_against_a_listeners_line",
            "signaling/test_lines.py::test_what_was_lost_on_the_speakers_line_is_not_held_against_the_listeners",
        ),
    ),
    Mutant(
        "own-line-ignored",
        "a camera goes on sending more than its own line carries",
        "signaling/exchange.py",
        "min([*rates, self.seats[name].uplink.rate])",
        "min([*rates, CEILING])",
        by("signaling/test_lines.py::test_a_camera_is_held_to_what_its_own_line_carries"),
    ),
    Mutant(
        "flooded-again",
        "pictures that come back begin with all that was sent without the listener",
        "signaling/exchange.py",
        "if s and (s.allowance.cameras or s.allowance.coming)",
        "if s and s.allowance.cameras",
        by("signaling/test_lines.py::test_senders_come_down_before_pictures_come_back"),
    ),
)

_SCREENS = (
    Mutant(
        "screens-at-once",
        "several people share a screen at once",
        "rooms/sharing.py",
        "if sharing is not None and sharing != by:",
        "if False:",
        by("rooms/test_sharing.py::test_a_second_one_is_refused_and_told_who_shares"),
    ),
    Mutant(
        "screen-crosses",
        "a shared screen goes over into a private conversation, and out of one",
        "rooms/sharing.py",
        "case e.CaucusOpened() | e.CaucusClosed() | e.SessionClosed():",
        "case e.SessionClosed():",
        by(
            "rooms/test_sharing.py::test_it_ends_before_its_conversation_is_another_one",
            "rooms/test_sharing.py::test_it_ends_with_the_caucus_that_it_was_shared_in",
        ),
    ),
    Mutant(
        "screen-unsignalled",
        "a browser that sends a screen without the signal reaches the others",
        "rooms/topology.py",
        "return SHARING if seat.screen else FLOWING",
        "return SHARING",
        by("rooms/test_topology.py::test_no_screen_flows_that_nobody_shares"),
    ),
    Mutant(
        "screen-gate-open",
        "the gate of a screen does not follow the signal",
        "signaling/clerk.py",
        "Kind.SCREEN: all(s.screen for s in seats),",
        "Kind.SCREEN: True,",
        by(
            "signaling/test_screens.py::test_a_screen_is_sent_only_after_it_is_written_down_and_told",
            "signaling/test_screens.py::test_a_screen_is_cut_before_its_end_is_written_down",
        ),
    ),
    Mutant(
        "screen-told-outside",
        "who is apart is refused differently while a screen is shared inside",
        "rooms/model.py",
        "if not meant or command.by not in self.conversation:",
        "if not meant:",
        by("rooms/test_sharing.py::test_who_is_apart_is_answered_alike_whatever_is_shared_inside"),
    ),
    Mutant(
        "screen-outlives-its-page",
        "a screen goes on when the page that it comes from is another one",
        "signaling/sharing.py",
        "return None if seat in present and page is self._page else seat",
        "return None if seat in present else seat",
        by("signaling/test_screens.py::test_a_screen_ends_with_the_page_that_it_comes_from"),
    ),
)

_FORWARDING = (
    Mutant(
        "cut-later",
        "a cut takes hold at the next connect only",
        "signaling/source.py",
        "self.links = tuple(link for link in self.links if link.listener in listeners)",
        "self.links = tuple(link for link in self.links if True)",
        by("signaling/test_switchboard.py::test_a_cut_holds_from_the_next_packet_on"),
    ),
    Mutant(
        "mute-ignored",
        "a muted seat goes on being heard",
        "signaling/source.py",
        "if number is None or not self.links or not self.open:",
        "if number is None or not self.links:",
        by("signaling/test_source.py::test_a_closed_gate_lets_nothing_pass_and_asks_for_nothing"),
    ),
    Mutant(
        "first-sound-kept",
        "the first packet of sound passes, with what was said before",
        "signaling/link.py",
        "self._opens_at = number + 1\n        return False",
        "self._opens_at = number + 1\n        return True",
        by("signaling/test_source.py::test_the_first_packet_of_sound_is_dropped"),
    ),
    Mutant(
        "late-packet-kept",
        "a packet from before the connect that comes late is passed on",
        "signaling/link.py",
        "if self._floor is not None and number <= self._floor.sequence:",
        "if False:",
        by("signaling/test_source.py::test_a_late_packet_from_before_the_connect_is_dropped"),
    ),
    Mutant(
        "old-keyframe",
        "a picture begins with a keyframe taken before the connect",
        "signaling/link.py",
        "return keyframe and not old",
        "return keyframe",
        by("signaling/test_source.py::test_a_picture_begins_with_a_keyframe_taken_after_the_connect"),
    ),
    Mutant(
        "repeat-of-another-interval",
        "what was said while a listener was excluded can be had by asking for it afterwards",
        "signaling/link.py",
        "return number if self._first <= number <= highest else None",
        "return number if number <= highest else None",
        by(
            "signaling/test_repair.py::test_what_was_not_sent_cannot_be_had_by_asking",
            "signaling/test_retransmission.py::test_whoever_was_apart_gets_nothing_of_it_by_asking_for_every_number",
        ),
    ),
    Mutant(
        "repeat-twice",
        "a packet that comes twice is forwarded twice",
        "signaling/source.py",
        "if self._missing.fill(number):",
        "if self._missing.fill(number) or True:",
        by("signaling/test_repair.py::test_a_repeat_passes_under_its_old_number_and_once"),
    ),
    Mutant(
        "repeats-without-end",
        "a listener is sent repeats as fast as it asks",
        "signaling/link.py",
        "if self._repeats < 1:",
        "if False:",
        by("signaling/test_repair.py::test_who_asks_without_end_gets_a_hundred_a_second"),
    ),
    Mutant(
        "addresses-without-end",
        "checks are answered to any number of addresses",
        "signaling/aiortc_seam.py",
        "if not known and len(self.receiver._remote_candidates) >= REMOTE_ADDRESSES:",
        "if False:",
        by(
            "signaling/test_connections.py::test_checks_of_one_seat_are_answered_to_a_bounded_number_of_addresses",
        ),
    ),
    Mutant(
        "candidates-kept",
        "an offer's candidates reach the library, which would probe whatever they name",
        "signaling/sdp.py",
        'if not line.startswith(("a=candidate:", "a=end-of-candidates"))',
        'if not line.startswith("a=end-of-candidates")',
        by("signaling/test_sdp.py::test_candidates_do_not_reach_the_library"),
    ),
    Mutant(
        "unrouted-heard",
        "checks that claim to come from loopback or a metadata service are answered",
        "signaling/guard.py",
        "if is_unrouted(host, loopback=self._loopback):",
        "if False:",
        by(
            "signaling/test_guard.py"
            "::test_nothing_is_heard_from_where_no_browser_is_and_it_is_counted_by_its_cause",
            "signaling/test_addresses.py"
            "::test_a_browser_on_loopback_is_not_heard_where_browsers_are_elsewhere",
        ),
    ),
    Mutant(
        "any-port",
        "media take ports that the firewall does not let in",
        "signaling/datagrams.py",
        "if ports is None:",
        "if True:",
        by(
            "signaling/test_addresses.py"
            "::test_ports_come_out_of_the_range_and_when_none_is_free_the_offer_is_refused",
        ),
    ),
    Mutant(
        "probes-without-end",
        "a test of a line lives until the server stops",
        "signaling/probe.py",
        "asyncio.get_running_loop().call_later(LIVES, self.end, seat, id_)",
        "pass",
        by("signaling/test_probe.py::test_a_probe_ends_by_itself"),
    ),
    Mutant(
        "probes-without-number",
        "one seat tests as many lines at once as it likes",
        "signaling/probe.py",
        "if sum(owner == seat for owner, _ in self._live.values()) >= AT_ONCE:",
        "if False:",
        by(
            "signaling/test_probe.py::test_a_seat_tests_a_few_ways_at_once_and_another_one_as_well",
            "server/test_line_test.py::test_more_tests_at_once_than_anybody_needs_are_refused_in_words",
        ),
    ),
    Mutant(
        "silence-for-seven",
        "a page that is gone is taken for there for seven seconds",
        "signaling/connection.py",
        "SILENT_AFTER: Final = 5.5",
        "SILENT_AFTER: Final = 7.0",
        by(
            "signaling/test_connection.py::test_a_page_that_says_nothing_is_known_to_be_gone_within_six_seconds"
        ),
    ),
    Mutant(
        "full-line-impatient",
        "a page whose words wait in a full line is taken for gone, and its sound with it",
        "signaling/connection.py",
        "if look_at >= last_look_at or not clerk.media_come(self.seat):",
        "if True:",
        by("signaling/test_connection.py::test_a_silent_page_is_there_while_its_media_come_and_not_for_ever"),
    ),
    Mutant(
        "guard-open",
        "datagrams of a stranger come before DTLS",
        "signaling/guard.py",
        "if not validated:",
        "if False:",
        by(
            "signaling/test_guard.py::test_strangers_and_floods_are_kept_out_of_the_queue",
            "signaling/test_connections.py::test_a_strangers_datagram_ends_no_call",
        ),
    ),
)

_DOORS = (
    Mutant(
        "csrf-off",
        "a form needs no token of its session",
        "server/security.py",
        "not given.isascii() or not hmac.compare_digest(given, csrf_token(request, secret))",
        "not given.isascii()",
        by(
            "server/test_sign_in.py::test_a_form_without_this_sessions_token_is_refused",
            "server/test_sign_in.py::test_a_token_of_another_session_is_refused",
        ),
    ),
    Mutant(
        "origin-off",
        "another site's page may post, and open a websocket",
        "server/security.py",
        'if request.headers.get("Origin") != services(request).settings.origin:',
        "if False:",
        by(
            "server/test_sign_in.py::test_a_post_from_another_origin_is_refused",
            "server/test_sign_in.py::test_a_websocket_from_another_origin_is_refused",
        ),
    ),
    Mutant(
        "code-signs-anything",
        "a code for one text signs another",
        "cases/codes.py",
        '"\\x1f".join((case, phone, digest))',
        '"\\x1f".join((case, phone))',
        by("cases/test_codes.py::test_a_code_for_another_case_phone_or_text_is_wrong"),
    ),
    Mutant(
        "tries-uncounted",
        "a code may be guessed at for ever",
        "cases/codes.py",
        "tries=code.tries + 1",
        "tries=code.tries",
        by("cases/test_codes.py::test_five_tries_and_not_one_more"),
    ),
    Mutant(
        "link-for-ever",
        "a link never expires",
        "cases/links.py",
        "if at >= link.expires_at:",
        "if False:",
        by("cases/test_links.py::test_a_link_works_until_the_moment_it_expires"),
    ),
    Mutant(
        "link-in-clear",
        "a link's secret is kept as it is",
        "cases/links.py",
        "return hashlib.sha256(secret.encode()).hexdigest()",
        "return secret",
        by(
            "cases/test_links.py::test_what_is_stored_of_a_secret_is_its_hash",
            "server/test_case_pages.py::test_the_secret_of_a_link_is_nowhere_in_the_data",
        ),
    ),
    Mutant(
        "grant-unchecked",
        "who asks for a range of a recording needs no grant",
        "server/handlers/archive.py",
        "if grant is None:\n        raise Refused(Reason.GRANT_EXPIRED)",
        'if grant is None and "Range" in request.headers:\n'
        "        now = services(request).clock()\n"
        '        grant = Grant("", guest.staff.id, case, "", now, now)\n'
        "    if grant is None:\n        raise Refused(Reason.GRANT_EXPIRED)",
        by("server/test_archive_pages.py::test_a_grant_lasts_sixty_minutes_for_every_part_of_the_file"),
    ),
)

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

IN_TESTS: Final = (
    *_WHO_HEARS,
    *_SCREENS,
    *_LINES,
    *_FORWARDING,
    *IN_PRIVACY,
    *IN_OPERATION,
    *_DOORS,
    *_RECORDS,
    *_SETTLEMENTS,
)
