"""What tests of media must notice: what is passed on, whose line is blamed, and who is answered at all."""

from typing import Final

from tests.mutants.mutant import Mutant, by

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
        "min([uplink.rate, *(each.camera_bound for each in watching)])",
        "min([10**9, *(each.camera_bound for each in watching)])",
        by("signaling/test_lines.py::test_a_camera_is_held_to_what_its_own_line_carries"),
    ),
    Mutant(
        "screen-on-ones-own-line",
        "a screen goes on sending more than its own line carries beside the camera",
        "signaling/exchange.py",
        "min([uplink.screen_rate, *(each.screen_bound for each in watching)])",
        "min([10**9, *(each.screen_bound for each in watching)])",
        by("signaling/test_lines.py::test_a_screen_is_held_to_what_its_own_line_carries_beside_the_camera"),
    ),
    Mutant(
        "screen-for-the-quickest",
        "a shared screen is sent with more than the slowest who sees it takes",
        "signaling/exchange.py",
        "min([uplink.screen_rate, *(each.screen_bound for each in watching)])",
        "max([uplink.screen_rate, *(each.screen_bound for each in watching)])",
        by(
            "signaling/test_lines.py::test_a_screen_is_held_to_what_the_slowest_who_sees_it_takes",
            "signaling/test_lines.py::test_what_those_take_who_will_see_a_screen_is_known_before_it_is_shared",
        ),
    ),
    Mutant(
        "screen-returns-in-a-flood",
        "a screen that comes back begins with all that was sent without the listener",
        "signaling/downlink.py",
        "return self.screen_rate if self.screen or self.coming else SCREEN_CEILING",
        "return self.screen_rate if self.screen else SCREEN_CEILING",
        by("signaling/test_downlink.py::test_who_shares_comes_down_before_the_screen_is_seen_again"),
    ),
    Mutant(
        "flooded-again",
        "pictures that come back begin with all that was sent without the listener",
        "signaling/downlink.py",
        "return self.bitrate if self.cameras or (self.screen and self.coming) else CEILING",
        "return self.bitrate if self.cameras else CEILING",
        by("signaling/test_lines.py::test_senders_come_down_before_pictures_come_back"),
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
        "if look_at >= last_look_at or not (clerk.holds(self) and clerk.media_come(self.seat)):",
        "if True:",
        by("signaling/test_connection.py::test_a_silent_page_is_there_while_its_media_come_and_not_for_ever"),
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
)

_WIRE = (
    Mutant(
        "addresses-without-end",
        "checks are answered to any number of addresses",
        "signaling/aioice_seam.py",
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
    Mutant(
        "anybody-answered",
        "whoever sends a check is told what is wrong with it, in more bytes than it had",
        "signaling/aioice_seam.py",
        "if not self._is_signed(message):",
        "if False:",
        by(
            "signaling/test_connections.py"
            "::test_a_check_of_somebody_who_does_not_know_the_password_is_not_answered",
        ),
    ),
    Mutant(
        "times-multiplied",
        "one datagram of a browser makes fifty for each of the others",
        "signaling/peer.py",
        "if kind is not None and self._sources and ssrc not in told:",
        "if kind is not None and self._sources:",
        by(
            "signaling/test_hostile_listener.py::test_a_datagram_full_of_times_tells_everybody_one",
            "fuzz/test_packets.py"
            "::test_the_call_of_the_others_goes_on_and_what_one_datagram_makes_is_bounded",
        ),
    ),
    Mutant(
        "small-packets-free",
        "a flood of packets of one byte fills everybody's line",
        "signaling/source.py",
        "self._left -= len(payload) + AROUND",
        "self._left -= len(payload)",
        by("signaling/test_source.py::test_many_small_packets_are_as_much_as_they_are_on_a_line"),
    ),
    Mutant(
        "nameless-checks",
        "checks of whoever knows no name use up what a browser on another address needs",
        "signaling/aioice_seam.py",
        "if not self._is_meant_for_us(size):",
        "if False:",
        by(
            "signaling/test_connections.py::test_who_knows_no_name_uses_up_nothing_that_a_browser_on_another_address_needs",
        ),
    ),
    Mutant(
        "checks-without-end",
        "each check of a flood is parsed and its MAC computed",
        "signaling/guard.py",
        "self.drop(Dropped.UNCHECKED)\n        return False",
        "return True",
        by(
            "signaling/test_guard.py::test_a_bounded_number_of_checks_is_looked_at_in_a_second_of_strangers_and_of_members_apart",
            "signaling/test_connections.py::test_checks_with_the_right_name_and_a_wrong_password_are_looked_at_a_hundred_times_a_second",
        ),
    ),
    Mutant(
        "checks-of-members",
        "strangers use up the checks of whom is known",
        "signaling/guard.py",
        "(self._members if validated else self._strangers)",
        "self._strangers",
        by(
            "signaling/test_guard.py::test_a_bounded_number_of_checks_is_looked_at_in_a_second_of_strangers_and_of_members_apart",
        ),
    ),
)

IN_MEDIA: Final = (*_LINES, *_FORWARDING, *_WIRE)
