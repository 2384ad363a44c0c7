"""`heyi verify FILE [--root PEM|SHA256] [--json]`: check a settlement without a server.

Exit status: 0 valid, 1 not valid, 2 not usable (no such file, not a PDF, no root to trust).
The root comes from --root or from the PEM file that HEYI_ROOTS names. A SHA-256 is enough: the
certificate may then come from the file, because the fingerprint is what is trusted.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from settlements.report import BottomLine, CheckName, SealReport, State

VALID, NOT_VALID, NOT_USABLE = 0, 1, 2
ROOTS_VARIABLE = "HEYI_ROOTS"
FINGERPRINT = re.compile(r"(?:[0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}")
HEADER_WITHIN = 1024  # bytes; where readers look for %PDF-

CHECKS = {
    CheckName.READABLE: "文件可以读取 (readable)",
    CheckName.TERMS: "条款附件在原文中且格式规范 (terms)",
    CheckName.FIELDS: "各方签名和印章齐全，没有多余 (fields)",
    CheckName.INTEGRITY: "签名与内容相符 (integrity)",
    CheckName.CHANGES: "签名之后没有改动 (changes)",
    CheckName.BINDING: "证书绑定本方案和身份凭据 (binding)",
    CheckName.TRUST: "证书来自指定的根证书 (trust)",
    CheckName.SEAL_LAST: "印章在最后并覆盖全文 (seal-last)",
    CheckName.STORED_HASH: "与调解中心保存的文件一致 (stored-hash)",
    CheckName.AUDIT_CHAIN: "案件审计链完整 (audit-chain)",
}
STATES = {State.PASSED: "通过", State.FAILED: "不通过", State.NOT_CHECKABLE: "仅凭文件无法核对"}
VERDICTS = {
    BottomLine.VALID: "有效：文件与签署、盖章时完全一致。 Valid.",
    BottomLine.UNREADABLE: "无效：文件已损坏，无法读取。 Not valid: unreadable.",
    BottomLine.NOT_A_SETTLEMENT: "无效：这不是调解协议书。 Not valid: not a settlement.",
    BottomLine.ALTERED: "无效：文件被改动过。 Not valid: altered.",
    BottomLine.INCOMPLETE: "无效：签名或印章不齐全。 Not valid: a signature or the seal is missing.",
    BottomLine.FOREIGN: "无效：不是由指定的调解中心签发。 Not valid: of another centre.",
    BottomLine.NO_ROOT: "无法判断：没有指定根证书。 No root certificate.",
    BottomLine.NOT_THE_STORED_FILE: "无效：与保存的文件不一致。 Not valid: not the stored file.",
    BottomLine.RECORDS_BROKEN: "无效：案件审计链不完整。 Not valid: the audit chain is broken.",
}


class NotUsable(Exception):
    """Nothing can be said about the file. `code` is for programs, `words` for people."""

    def __init__(self, code: str, words: str, root_in_file: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.words = words
        self.root_in_file = root_in_file


@dataclass(frozen=True, slots=True)
class Trust:
    """What the caller trusts: certificates (DER) or fingerprints (SHA-256, lower-case hex)."""

    roots: tuple[bytes, ...] = ()
    fingerprints: frozenset[str] = frozenset()


def run(argv: Sequence[str]) -> int:
    """Check one file and write what was found to standard output; return the exit status."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as wish:  # --help, or a wrong option: argparse has said so
        return VALID if not wish.code else NOT_USABLE
    try:
        report = _check_file(Path(arguments.file), arguments.root or os.environ.get(ROOTS_VARIABLE, ""))
    except NotUsable as problem:
        found = {"file": arguments.file, "exit": NOT_USABLE, "valid": False, "problem": problem.code}
        found["root_in_file"] = problem.root_in_file
        _write(_json(found) if arguments.json else problem.words)
        return NOT_USABLE
    status = VALID if report.valid else NOT_VALID
    if arguments.json:
        _write(_json({"file": arguments.file, "exit": status, **report.to_json()}))
    else:
        _write(_table(arguments.file, report))
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heyi verify", description="核对调解协议书 (check a settlement)")
    parser.add_argument("file", metavar="FILE", help="PDF 文件 (the PDF)")
    parser.add_argument(
        "--root",
        metavar="PEM|SHA256",
        help=f"根证书文件或其 SHA-256 指纹，默认取 {ROOTS_VARIABLE} (root certificate or its fingerprint)",
    )
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象 (one JSON object)")
    return parser


def _check_file(path: Path, named: str) -> SealReport:
    from settlements.verifying import (
        verify,
    )  # loads in half a second; --help and a wrong option need not wait

    pdf = _read(path)
    trust = _trust(named)
    report = verify(pdf, trust.roots, root_fingerprints=trust.fingerprints)
    if not named and report.bottom_line is not BottomLine.UNREADABLE:
        raise NotUsable("no-root", _how_to_trust(report), report.root_in_file)
    return report


def _read(path: Path) -> bytes:
    from settlements.verifying import MAX_FILE

    try:
        with path.open("rb") as file:
            pdf = file.read(MAX_FILE + 1)
    except OSError as error:
        raise NotUsable("no-file", f"无法打开文件 {path}。 Cannot open the file.") from error
    if b"%PDF-" not in pdf[:HEADER_WITHIN]:
        raise NotUsable("not-a-pdf", f"{path} 不是 PDF 文件。 Not a PDF.")
    return pdf


def _trust(named: str) -> Trust:
    from settlements.authority import roots_of

    if not named:
        return Trust()
    if FINGERPRINT.fullmatch(named):
        return Trust(fingerprints=frozenset({named.replace(":", "").lower()}))
    try:
        return Trust(roots=roots_of(Path(named).read_bytes()))
    except (OSError, ValueError) as error:
        words = f"{named} 不是根证书文件，也不是 SHA-256 指纹。 Neither a PEM file nor a fingerprint."
        raise NotUsable("bad-root", words) from error


def _how_to_trust(report: SealReport) -> str:
    found = report.root_in_file or "（文件中没有 none in the file）"
    return "\n".join(
        (
            "无法判断：没有指定根证书。 Not usable: no root certificate is configured.",
            f"文件自带的根证书指纹 SHA-256 (root in the file): {found}",
            "文件自带的证书不能证明自己。请从调解中心的网站取得根证书：https://<调解中心网址>/roots.pem，",
            "或向调解中心核对上面的指纹，然后再运行：",
            "Get the root from the centre's /roots.pem, or confirm the fingerprint with the centre, then:",
            f"  heyi verify FILE --root roots.pem      （或 {ROOTS_VARIABLE}=roots.pem）",
            f"  heyi verify FILE --root {report.root_in_file or 'SHA256'}",
        )
    )


def _table(file: str, report: SealReport) -> str:
    lines = [VERDICTS[report.bottom_line], "", f"文件 (file): {file}", f"SHA-256: {report.file_digest}"]
    if report.case_number:
        lines.append(f"案号 (case): {report.case_number}　{report.centre}")
    if report.signatures:
        lines.append(f"方案摘要 (offer): {report.offer_digest}")
        lines.append("")
        lines += [f"  {s.field}: {s.name}  {s.signed_at}" for s in report.signatures]
    lines += [
        "",
        *(f"  [{STATES[report.state(name)]}] {CHECKS[name]}{_where(report, name)}" for name in CheckName),
    ]
    lines += ["", "签名时间为调解中心的时钟；证书为中心自签，证明完整性，不单独证明身份。"]
    return "\n".join(lines)


def _where(report: SealReport, name: CheckName) -> str:
    failed = [c.field for c in report.checks if c.name is name and c.state is State.FAILED and c.field]
    return f"：{', '.join(failed)}" if failed else ""


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
