"""What tests of a room must notice: who hears whom, who shares, silence first, and what is left behind."""

from typing import Final

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
        "try:\n            self._silence(cause)\n",
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
    Mutant(
        "shares-unbounded",
        "whoever starts and stops a share without end makes a segment of the recording each time",
        "signaling/sharing.py",
        "if not pace.admits(asyncio.get_running_loop().time()):",
        "if False:",
        by(
            "signaling/test_screens.py::test_who_starts_and_stops_without_end_makes_a_bounded_number_of_tapes"
        ),
    ),
    Mutant(
        "shares-counted-together",
        "who shared often in private is refused in the joint session, where everybody sees that",
        "signaling/sharing.py",
        "whose = event.seat, room.caucus is not None",
        "whose = event.seat, False",
        by("signaling/test_screens.py::test_how_often_somebody_shared_in_private_does_not_show_afterwards"),
    ),
    Mutant(
        "asked-from-elsewhere",
        "what a device asked is done although another one has taken its seat meanwhile",
        "signaling/clerk.py",
        "if page is not None and not self._may_ask(page, command):",
        "if False:",
        by(
            "signaling/test_clerk_devices.py"
            "::test_what_a_device_asked_is_not_done_once_another_one_has_its_seat",
            "signaling/test_connection.py::test_a_device_that_is_replaced_while_it_asks_shares_nothing",
        ),
    ),
    Mutant(
        "silence-from-elsewhere",
        "who mutes themselves and loads their page anew goes on being heard",
        "signaling/clerk.py",
        "return silences_oneself(command) and self.room.seat(page.seat).device == page.device",
        "return False",
        by(
            "signaling/test_clerk_devices.py"
            "::test_silence_that_was_asked_for_holds_though_its_page_was_loaded_anew",
        ),
    ),
)

_RECORDING = (
    Mutant(
        "recorded-in-a-pause",
        "what is said while the recording is paused is recorded",
        "rooms/topology.py",
        "if room.caucus is None and not room.paused:",
        "if room.caucus is None:",
        by("rooms/test_recording.py::test_a_pause_takes_the_recorder_away_and_leaves_the_people"),
    ),
    Mutant(
        "paused-in-a-caucus",
        "what was done to the recording during a caucus tells of it afterwards",
        "rooms/model.py",
        "        if self.caucus is not None:\n            raise Refused(Reason.CAUCUS_OPEN)\n\n    def _resume",
        "\n    def _resume",
        by("rooms/test_recording.py::test_during_a_caucus_the_recording_is_left_as_it_is"),
    ),
    Mutant(
        "silent-fault",
        "nobody reads that the recording broke off",
        "rooms/views.py",
        "bool(untaped & room.admitted & present & recorded(room))",
        "False",
        by(
            "rooms/test_views.py::test_all_see_that_a_recording_failed",
            "signaling/test_clerk.py::test_a_recording_that_fails_changes_the_strip",
        ),
    ),
)

_LEFT_BEHIND = (
    Mutant(
        "queue-without-end",
        "what somebody did lately is remembered without a bound",
        "signaling/pace.py",
        "deque(maxlen=most)",
        "deque()",
        by("architecture/test_owners.py::test_every_queue_has_a_bound"),
    ),
    Mutant(
        "task-left-alone",
        "a connection that ends is kept when it has ended",
        "signaling/probe.py",
        "task.add_done_callback(self._closing.discard)",
        "task.add_done_callback(print)",
        by("architecture/test_owners.py::test_every_task_and_thread_has_a_name_and_an_owner"),
    ),
    Mutant(
        "disk-asked-for-ever",
        "a disk that hangs is asked again and again, and every question waits",
        "recordings/recorder.py",
        "self._desk.submit(job, _PROBE_BYTES)",
        "self._desk.submit(job)",
        by("recordings/test_recorder.py::test_a_disk_that_hangs_is_not_asked_again_and_again_for_ever"),
    ),
    Mutant(
        "woken-too-late",
        "a room that wakes up while the server stops outlives it",
        "server/clerks.py",
        "if self._making:",
        "if False:",
        by("server/test_stopping.py::test_a_room_that_is_waking_up_ends_with_the_others"),
    ),
)

IN_ROOMS: Final = (*_WHO_HEARS, *_SCREENS, *_RECORDING, *_LEFT_BEHIND)
