"""What keeps the service's figures and its log from telling who is in a room."""

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
)
