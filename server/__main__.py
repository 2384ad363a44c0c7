"""The command line: heyi serve | demo | rehearse | staff | verify | backup | restore | audit."""

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cases.model import STAFF_ROLES
from server.settings import Settings, SettingsError, check_for_serving, read_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a wrong setting is one sentence and 2."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["verify"]:
        from server.verify import run

        return run(arguments[1:])
    if arguments[:1] == ["rehearse"]:
        from server.rehearsal.command import run as rehearse

        return rehearse(arguments[1:])
    given = _parser().parse_args(arguments)
    try:
        match given.command:
            case "serve":
                return _serve(read_settings(os.environ))
            case "demo":
                from server.demo import run_demo

                return run_demo(os.environ, given.host, given.port, given.data)
            case "backup" | "restore" | "audit":
                return _keep(read_settings(os.environ), given)
            case _:
                return _add_staff(read_settings(os.environ), given)
    except SettingsError as error:
        print(f"heyi: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heyi", description="Video mediation of insurance disputes.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve, with the settings of docs/deployment.md")
    demo = commands.add_parser("demo", help="serve sample cases on this machine")
    demo.add_argument("--host", default="127.0.0.1")
    demo.add_argument("--port", type=int, default=8080)
    demo.add_argument("--data", default="demo-data")
    commands.add_parser("rehearse", help="let three synthetic parties go through a session")
    commands.add_parser("verify", help="check a settlement without a server")
    backup = commands.add_parser("backup", help="copy database and objects while the service runs")
    backup.add_argument("folder", metavar="DIR", type=Path, help="a new folder; the keys are not in it")
    restore = commands.add_parser("restore", help="put a backup into an empty data folder")
    restore.add_argument("folder", metavar="DIR", type=Path, help="a folder that heyi backup made")
    audit = commands.add_parser("audit", help="check what is kept").add_subparsers(dest="do", required=True)
    check = audit.add_parser("verify", help="check every audit chain and every stored object")
    check.add_argument("--json", action="store_true", help="one JSON object, with the head of each chain")
    staff = commands.add_parser("staff", help="who works here").add_subparsers(dest="do", required=True)
    add = staff.add_parser("add", help="add a mediator, legal staff or an administrator")
    add.add_argument("--phone", required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=sorted(STAFF_ROLES))
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    return parser


def _serve(settings: Settings) -> int:
    check_for_serving(settings)
    from server.logs import begin_logging
    from server.serving import serve

    begin_logging(settings)
    return serve(settings)


def _keep(settings: Settings, given: argparse.Namespace) -> int:
    match given.command:
        case "backup":
            from server.backup import run as back_up

            return back_up(settings, given.folder)
        case "restore":
            from server.restore import run as restore

            return restore(settings, given.folder)
        case _:
            from server.audit import run as verify

            return verify(settings, as_json=given.json)


def _add_staff(settings: Settings, given: argparse.Namespace) -> int:
    from server.staff import StaffError, add_staff

    try:
        id_ = add_staff(settings, given.role, given.name, given.phone, _password(stdin=given.password_stdin))
    except StaffError as error:
        print(f"heyi: {error}", file=sys.stderr)
        return 1
    print(id_)
    return 0


def _password(*, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    return first if first == getpass.getpass("Again: ") else ""


if __name__ == "__main__":
    sys.exit(main())
