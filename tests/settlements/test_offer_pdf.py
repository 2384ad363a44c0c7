import hashlib
import re
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from cases.errors import Reason, Refused
from cases.model import Role
from settlements.document import canonical_terms
from settlements.model import Signer
from settlements.pdf import RenderedOffer, render
from settlements.typeface import Typeface, unprintable
from tests.builders.settlements import CENTRE, CLAUSES, INSURER, sample_signers, sample_terms


def text_of(pdf: bytes, tmp_path: Path) -> str:
    path = tmp_path / "offer.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True)
    return re.sub(r"\s+", "", run.stdout)


def test_the_same_terms_give_the_same_bytes(offer: RenderedOffer) -> None:
    assert render(sample_terms()) == offer
    assert offer.digest == hashlib.sha256(offer.pdf).hexdigest()


def test_another_clause_gives_another_digest(offer: RenderedOffer) -> None:
    assert render(sample_terms(clauses=CLAUSES[:-1])).digest != offer.digest


def test_everything_agreed_is_on_the_page_in_its_order(offer: RenderedOffer, tmp_path: Path) -> None:
    text = text_of(offer.pdf, tmp_path)
    expected = [
        "调解协议书",
        "当事人",
        "周建国",
        "138****5521",
        "调解机构与调解方式",
        CENTRE,
        "线上视频调解",
        "2026-05-1611:30",  # Asia/Shanghai
        "纠纷事实与争议事项",
        "协议内容",
        *(re.sub(r"\s+", "", clause)[:12] for clause in CLAUSES),
        "自愿与电子签名",
        "文本与核验",
        "调解员签名",
    ]
    rest = text
    for part in expected:
        assert part in rest
        rest = rest[rest.index(part) + len(part) :]
    assert "第1页共2页" in text
    assert INSURER in text


def test_the_canonical_terms_are_attached(offer: RenderedOffer, tmp_path: Path) -> None:
    path = tmp_path / "offer.pdf"
    path.write_bytes(offer.pdf)
    subprocess.run(["pdfdetach", "-save", "1", "-o", tmp_path / "terms.json", path], check=True)
    assert (tmp_path / "terms.json").read_bytes() == canonical_terms(sample_terms())


def test_it_says_that_it_is_pdf_a_and_embeds_every_font(offer: RenderedOffer, tmp_path: Path) -> None:
    metadata = PdfFileReader(BytesIO(offer.pdf)).root["/Metadata"].data.decode()
    assert re.search(r"pdfaid:part(>|=\")3", metadata)
    assert re.search(r"pdfaid:conformance(>|=\")A", metadata)
    path = tmp_path / "offer.pdf"
    path.write_bytes(offer.pdf)
    fonts = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True).stdout
    rows = fonts.splitlines()[2:]
    assert rows
    assert all(row.split()[-5:-3] == ["yes", "yes"] for row in rows)  # embedded, subset


def test_each_signer_and_the_seal_has_an_empty_field(offer: RenderedOffer) -> None:
    fields = list(enumerate_sig_fields(PdfFileReader(BytesIO(offer.pdf))))
    assert [(name, value) for name, value, _ in fields] == [
        ("consumer", None),
        ("insurer", None),
        ("mediator", None),
        ("seal", None),
    ]
    boxes = [[float(x) for x in reference.get_object()["/Rect"]] for _, _, reference in fields]
    for left, bottom, right, top in boxes:
        assert 0 < left < right < 596
        assert 0 < bottom < top < 842


def test_forty_long_clauses_run_over_pages_with_their_boxes_together() -> None:
    long = render(sample_terms(clauses=["长" * 2000] * 40))
    assert long.pages > 40
    fields = list(enumerate_sig_fields(PdfFileReader(BytesIO(long.pdf))))
    assert len({reference.get_object().raw_get("/P").idnum for _, _, reference in fields}) == 1


def test_an_agent_of_a_party_has_a_box_too() -> None:
    agent = Signer("agent", Role.AGENT, "王敏", "", "136****3300", sample_signers()[0].ref)
    four = (sample_signers()[0], agent, *sample_signers()[1:])
    fields = [
        n for n, _, _ in enumerate_sig_fields(PdfFileReader(BytesIO(render(sample_terms(signers=four)).pdf)))
    ]
    assert fields == ["consumer", "agent", "insurer", "mediator", "seal"]


def test_markup_in_a_clause_is_text(tmp_path: Path) -> None:
    evil = '#import "x" *粗* $x^2$ = 标题 \\ // 注释 #sys.inputs'
    text = text_of(render(sample_terms(clauses=[evil])).pdf, tmp_path)
    assert re.sub(r"\s+", "", evil) in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("周建国，Zhou 138****5521 ¥33,000.00", ""),
        ("𠮷田", "𠮷"),
        ("ئۇيغۇر", "ئۇيغر"),
        ("甲\u202e乙", "\u202e"),  # would print the rest from right to left
        ("甲\u200b乙\x00\t", "\u200b\x00\t"),
        ("两\n行", ""),
    ],
)
def test_what_the_font_cannot_print_is_told(text: str, expected: str) -> None:
    assert unprintable(text) == expected


def test_an_unprintable_clause_is_refused_with_its_number() -> None:
    with pytest.raises(Refused) as refused:
        render(sample_terms(clauses=("一。", "付给𠮷田。")))
    assert refused.value.reason is Reason.UNPRINTABLE
    assert refused.value.facts == {"where": "clause", "number": 2}


def test_an_unprintable_name_is_refused_without_naming_it() -> None:
    terms = sample_terms()
    named = replace(terms, signers=(replace(terms.signers[0], name="𠮷田"), *terms.signers[1:]))
    with pytest.raises(Refused) as refused:
        render(named)
    assert refused.value.facts == {"where": "signer", "number": 1}


def test_another_folder_of_fonts_prints_what_it_has() -> None:
    japanese = Path((Typeface.__module__ and __import__("justmytype_intl_cjk").__file__) or "").parent
    folder = Typeface(japanese / "fonts" / "ofl" / "notosanskr")
    assert unprintable("한국어", folder) == ""
    assert unprintable("한국어") == "한국어"
