"""What tests of the ways in must notice: forms and their origin, codes, links, grants."""

from typing import Final

from tests.mutants.mutant import Mutant, by

IN_DOORS: Final = (
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
    Mutant(
        "overload-opens",
        "another session opens on a machine that is full",
        "rooms/model.py",
        "if command.overloaded:",
        "if False:",
        by("server/test_watch.py::test_a_session_does_not_open_where_it_would_stutter"),
    ),
    Mutant(
        "disk-told-to-all",
        "the parties read of the disk",
        "signaling/pages.py",
        "if told.disk != self._disk and presides(room.seat(page.seat).role):",
        "if told.disk != self._disk:",
        by(
            "server/test_watch.py"
            "::test_the_mediator_reads_for_how_long_the_disk_is_enough_and_nobody_else_does"
        ),
    ),
    Mutant(
        "compressed-taken",
        "a body that is not what it says ends the connection instead of being answered",
        "server/app.py",
        '"auto_decompress": False',
        '"auto_decompress": True',
        by(
            "server/test_hostile_requests.py::test_json_that_says_it_is_compressed_is_refused_in_words",
        ),
    ),
    Mutant(
        "parts-taken",
        "a form in parts that nobody can take apart is a fault of the server",
        "server/bodies.py",
        'if request.content_type.startswith("multipart/") or',
        "if",
        by(
            "server/test_hostile_requests.py::test_a_form_in_parts_that_nobody_can_take_apart_is_refused_in_words",
        ),
    ),
)
