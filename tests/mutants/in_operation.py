"""What keeps figures and log from telling who is in a room, and what has ended from staying in memory."""

from typing import Final

from tests.mutants.mutant import Mutant, by

IN_OPERATION: Final = (
    Mutant(
        "metrics-for-all",
        "metrics are read without the token",
        "server/sessions.py",
        "if not hmac.compare_digest(_bearer(request), token.encode()):",
        "if False:",
        by(
            "server/test_metrics.py::test_whoever_does_not_show_the_token_reads_nothing",
            "server/test_metrics.py::test_staff_who_are_signed_in_read_nothing",
        ),
    ),
    Mutant(
        "metrics-unset",
        "without the setting, metrics are read by an empty token",
        "server/sessions.py",
        "if not token:",
        "if False:",
        by("server/test_metrics.py::test_without_the_setting_there_is_no_such_page"),
    ),
    Mutant(
        "metrics-any-scheme",
        "a token counts whatever it is shown as",
        "server/sessions.py",
        'if scheme.lower() == "bearer" else b""',
        "",
        by("server/test_metrics.py::test_whoever_does_not_show_the_token_reads_nothing"),
    ),
    Mutant(
        "short-token",
        "a token that can be guessed is taken",
        "server/settings.py",
        "-]{32,}=*",
        "-]+=*",
        by("server/test_server_settings.py::test_a_wrong_setting_is_one_sentence_that_names_it"),
    ),
    Mutant(
        "counters-fall",
        "what a connection carried is forgotten when it ends",
        "signaling/switchboard.py",
        "        self._past += peer.traffic\n",
        "",
        by(
            "server/test_metrics.py::test_a_session_is_counted_while_it_lasts_and_what_it_carried_stays",
            "server/test_metrics.py::test_a_stranger_is_counted_by_cause_also_when_the_line_has_ended",
        ),
    ),
    Mutant(
        "request-in-log",
        "a request that cannot be read is logged as it came, with the link's secret",
        "server/logs.py",
        "if isinstance(error, HttpProcessingError | ConnectionResetError):",
        "if False:",
        by("server/test_logs.py::test_a_request_that_cannot_be_read_is_no_fault_and_stays_out_of_the_log"),
    ),
    Mutant(
        "closed-and-kept",
        "what the libraries held for a connection waits for a look for cycles",
        "signaling/aiortc_seam.py",
        "vars(part).clear()",
        "pass",
        by(
            "signaling/test_switchboard.py"
            "::test_what_a_closed_connection_held_goes_at_once_and_waits_for_no_collector"
        ),
    ),
    Mutant(
        "peer-kept",
        "a connection that has ended waits for the collector",
        "signaling/aiortc_seam.py",
        "self._ears = DEAF",
        "pass",
        by(
            "server/test_what_is_let_go.py::test_a_session_that_has_ended_leaves_nothing_for_the_collector",
        ),
    ),
    Mutant(
        "outlets-kept",
        "the streams of a connection that has ended keep it",
        "signaling/peer.py",
        "outlet.close()",
        "pass",
        by(
            "server/test_what_is_let_go.py::test_a_session_that_has_ended_leaves_nothing_for_the_collector",
        ),
    ),
    Mutant(
        "feeder-kept",
        "a stream keeps the link that fed it last",
        "signaling/link.py",
        "self.outlet.feeder = weakref.ref(self)",
        "self.outlet.feeder = lambda: self  # type: ignore[assignment]",
        by(
            "server/test_what_is_let_go.py::test_a_session_that_has_ended_leaves_nothing_for_the_collector",
        ),
    ),
    Mutant(
        "tape-kept",
        "a tape that has ended and its inputs keep each other",
        "recordings/tape.py",
        "self.audio.close()",
        "pass",
        by(
            "server/test_what_is_let_go.py::test_a_session_that_has_ended_leaves_nothing_for_the_collector",
        ),
    ),
    Mutant(
        "clerk-kept",
        "a room that is closed and the task that served it keep each other",
        "signaling/jobs.py",
        "self._task = None  # it",
        "pass  # it",
        by(
            "server/test_what_is_let_go.py::test_a_session_that_has_ended_leaves_nothing_for_the_collector",
        ),
    ),
    Mutant(
        "page-kept",
        "a websocket and the error that it ended with keep each other",
        "signaling/connection.py",
        "error.__traceback__, error = None, error.__context__",
        "error = error.__context__",
        by(
            "server/test_what_is_let_go.py::test_a_session_that_has_ended_leaves_nothing_for_the_collector",
        ),
    ),
    Mutant(
        "socket-kept",
        "a socket that was closed and who took from it keep each other",
        "signaling/datagrams.py",
        "self._loop.call_soon(self._taker.connection_lost, None)\n        self._taker = None",
        "self._loop.call_soon(self._taker.connection_lost, None)",
        by(
            "signaling/test_datagrams.py::test_a_socket_that_was_closed_and_who_took_from_it_leave_nothing_for_the_collector",
        ),
    ),
)
