"""What tests of privacy must notice: that a private word stays private, and is no seat's to disturb."""

from typing import Final

from tests.mutants.mutant import Mutant, by

IN_PRIVACY: Final = (
    Mutant(
        "caucus-for-all",
        "whoever is outside a caucus goes on hearing it",
        "rooms/model.py",
        "return self.admitted if self.caucus is None else self.admitted & self.caucus.members",
        "return self.admitted",
        by(
            "rooms/test_topology.py::test_a_caucus_is_the_mediator_and_one_side_unrecorded",
            "signaling/test_non_interference.py"
            "::test_an_excluded_seat_is_given_the_same_whatever_happens_inside",
        ),
    ),
    Mutant(
        "caucus-taped",
        "a caucus is recorded",
        "rooms/topology.py",
        "    if room.caucus is None and not room.paused:\n        edges |= {",
        "    if True:\n        edges |= {",
        by(
            "rooms/test_topology.py::test_a_caucus_is_the_mediator_and_one_side_unrecorded",
            "signaling/test_non_interference.py"
            "::test_an_excluded_seat_is_given_the_same_whatever_happens_inside",
        ),
    ),
    Mutant(
        "apart-sees-people",
        "whoever is outside a caucus sees who is in it, and what they switch on and off",
        "rooms/views.py",
        "Truth.ELSEWHERE, Truth.APART, Truth.OUT",
        "Truth.ELSEWHERE, Truth.OUT",
        by(
            "rooms/test_non_interference.py"
            "::test_views_of_the_excluded_and_answers_to_them_do_not_depend_on_what_happens_inside",
            "signaling/test_non_interference.py"
            "::test_an_excluded_seat_is_given_the_same_whatever_happens_inside",
        ),
    ),
    Mutant(
        "apart-sees-the-mediators-line",
        "whoever is outside a caucus sees when the mediator's line drops in it",
        "rooms/views.py",
        "if room.caucus is not None and seat.id not in room.caucus.members:",
        "if room.caucus is not None and seat.id not in room.caucus.members and room.mediators & present:",
        by(
            "rooms/test_non_interference.py"
            "::test_views_of_the_excluded_and_answers_to_them_do_not_depend_on_what_happens_inside",
        ),
    ),
    Mutant(
        "view-sent-again",
        "a view is sent whenever something happens, changed or not",
        "signaling/pages.py",
        "if view != told.view:",
        "if True:",
        by(
            "signaling/test_clerk.py::test_a_page_whose_view_did_not_change_is_sent_nothing",
            "signaling/test_non_interference.py"
            "::test_an_excluded_seat_is_given_the_same_whatever_happens_inside",
        ),
    ),
    Mutant(
        "lines-of-others",
        "a party learns how the lines of others are",
        "signaling/pages.py",
        '"others": others if presides(seat.role) else {},',
        '"others": others,',
        by("signaling/test_lines.py::test_no_party_learns_how_another_ones_line_is"),
    ),
    Mutant(
        "draft-shown",
        "parties see that a settlement is being written",
        "server/settlement_view.py",
        "hidden = offer is None and not for_mediator",
        "hidden = False",
        by(
            "server/test_apart_over_http.py"
            "::test_what_an_excluded_seat_gets_does_not_depend_on_what_is_done_inside",
        ),
    ),
    Mutant(
        "asked-when-alone",
        "whoever is apart is asked for packets at the moment when somebody inside does something",
        "signaling/source.py",
        "if not self._video or not self.open or not self.links:",
        "if not self._video or not self.open:",
        by(
            "signaling/test_source.py"
            "::test_who_is_heard_by_nobody_is_asked_for_nothing_whatever_else_happens",
            "signaling/test_non_interference.py"
            "::test_an_excluded_seat_is_given_the_same_whatever_happens_inside",
        ),
    ),
    Mutant(
        "pictures-counted-on",
        "numbers of pictures tell how long a camera was on in a conversation without the listener",
        "signaling/link.py",
        "self._pictures = recount(payload, now)",
        "self._pictures = AS_IT_IS",
        by(
            "signaling/test_source.py::test_the_numbers_of_pictures_tell_nothing_of_those_in_between",
            "signaling/test_non_interference.py"
            "::test_an_excluded_seat_is_given_the_same_whatever_happens_inside",
        ),
    ),
    Mutant(
        "old-acknowledgement",
        "an acknowledgement of an older view counts for the newest",
        "signaling/pages.py",
        "if self.holder(room, page.seat) is not page or number != self._told[page].number:",
        "if self.holder(room, page.seat) is not page:",
        by(
            "signaling/test_clerk.py"
            "::test_an_edge_opens_only_when_its_sources_page_has_shown_the_newest_view",
            "signaling/test_who_is_given_what.py"
            "::test_nobody_is_given_what_they_may_not_have_and_in_the_end_all_have_what_they_may",
        ),
    ),
    Mutant(
        "own-silence-lost",
        "who mutes themselves is heard again when that could not be written down",
        "signaling/asked.py",
        "if matter is not None and silences_oneself(command):",
        "if False:",
        by(
            "signaling/test_clerk_failures.py"
            "::test_what_could_not_be_written_down_leaves_the_room_and_keeps_what_people_asked_about_themselves",
            "signaling/test_who_is_given_what.py"
            "::test_nobody_is_given_what_they_may_not_have_and_in_the_end_all_have_what_they_may",
        ),
    ),
    Mutant(
        "failed-cut-goes-on",
        "after a cut that failed the others go on as before",
        "signaling/clerk.py",
        "            self._gate()\n"
        "        except Exception as error:  # noqa: BLE001  whatever it is, it must not leave anybody heard\n"
        "            self._end_all(error)",
        "            self._gate()\n        except Exception as error:  # noqa: BLE001\n            log.error(error)",
        by(
            "signaling/test_clerk_failures.py"
            "::test_media_that_cannot_be_changed_end_in_silence_and_no_screen_says_otherwise",
            "signaling/test_who_is_given_what.py"
            "::test_nobody_is_given_what_they_may_not_have_and_in_the_end_all_have_what_they_may",
        ),
    ),
    Mutant(
        "line-of-the-removed",
        "who was put out keeps the connection",
        "signaling/clerk.py",
        "await self._media.close_seat(self.room.id, event.seat)",
        "pass",
        by("signaling/test_clerk.py::test_the_media_of_who_is_out_are_closed"),
    ),
    Mutant(
        "early-offer",
        "a seat that waits, was refused or removed gets a media connection",
        "signaling/clerk.py",
        "if seat.admission is not Admission.ADMITTED or self.room.phase is Phase.CLOSED:",
        "if self.room.phase is Phase.CLOSED:",
        by(
            "signaling/test_clerk.py::test_an_offer_is_taken_only_from_the_page_that_holds_an_admitted_seat",
            "server/test_seats_that_are_out.py::test_who_waits_is_told_nothing_and_may_send_nothing",
        ),
    ),
    Mutant(
        "retired-is-heard",
        "a connection that another one replaced is still listened to",
        "signaling/peer.py",
        "        self.sources = {}\n        self._wire.silence()",
        "        self._wire.silence()",
        by(
            "signaling/test_who_is_given_what.py"
            "::test_nobody_is_given_what_they_may_not_have_and_in_the_end_all_have_what_they_may",
        ),
    ),
    Mutant(
        "any-ssrc",
        "packets under any SSRC pass for the sender's own",
        "signaling/inlets.py",
        "if ssrc in (inlet.offered.repairs if repairs else inlet.offered.ssrcs):",
        "if True:",
        by(
            "signaling/test_inlets.py::test_what_cannot_be_told_is_nobodys",
            "signaling/test_hostile_listener.py"
            "::test_media_under_anothers_ssrc_or_on_a_line_that_only_receives_reach_nobody",
        ),
    ),
    Mutant(
        "feedback-about-anything",
        "a request about somebody else's stream reaches a publisher",
        "signaling/peer.py",
        "outlet = self._outlets.get(ssrc)\n                    if outlet is not None and ssrc not in asked:",
        "outlet = self._outlets.get(ssrc)\n                    for outlet in self._outlets.values():",
        by(
            "signaling/test_hostile_listener.py::test_who_names_a_foreign_stream_costs_its_publisher_no_keyframe",
        ),
    ),
    Mutant(
        "keyframes-without-end",
        "a publisher makes a keyframe for each request",
        "signaling/source.py",
        "now - self._asked_at >= KEYFRAME_EVERY",
        "now - self._asked_at >= 0",
        by(
            "signaling/test_source.py::test_a_keyframe_is_asked_for_at_most_every_300_ms",
            "signaling/test_hostile_listener.py"
            "::test_a_storm_of_requests_costs_the_publisher_one_keyframe_in_300_ms",
        ),
    ),
    Mutant(
        "candidates-without-end",
        "an offer may name any number of candidates",
        "signaling/sdp.py",
        "if candidates > CANDIDATES or len(sections) != len(layout):",
        "if len(sections) != len(layout):",
        by("signaling/test_sdp.py::test_any_other_offer_is_refused"),
    ),
    Mutant(
        "candidates-believed",
        "the server sends checks to any address that an offer names",
        "signaling/sdp.py",
        "return Offer(_without_candidates(sdp), lines)",
        "return Offer(sdp, lines)",
        by("signaling/test_sdp.py::test_candidates_do_not_reach_the_library"),
    ),
    Mutant(
        "consent-taken-back-in-vain",
        "who takes the consent to the recording back is recorded on",
        "rooms/model.py",
        "recorded=event.recorded, withdrawn=withdrawn",
        "recorded=event.recorded or seat.recorded, withdrawn=withdrawn",
        by(
            "server/test_consent_withdrawn.py::test_with_the_next_packet_nothing_of_them_is_recorded_and_what_was_stays",
        ),
    ),
    Mutant(
        "consent-taken-back-untold",
        "who took the consent to the recording back is not told what became of it",
        "rooms/model.py",
        "withdrawn = was_recorded and not event.recorded",
        "withdrawn = False",
        by("server/test_consent_withdrawn.py::test_everybody_is_told_and_they_themselves_why"),
    ),
    Mutant(
        "camera-of-a-caucus",
        "a case file tells when a camera was switched in a private conversation",
        "server/dark.py",
        "cut = ((max(begin, begins), min(end, ends)) for begin, end in found)",
        "cut = found",
        by("server/test_dark.py::test_what_was_outside_of_the_recorded_time_is_not_told"),
    ),
)
