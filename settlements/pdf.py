"""The offer as a PDF: PDF/A-3a, the terms attached, empty signature fields in their boxes.

The same terms give the same bytes, and their SHA-256 is the digest that everybody agrees to.
Typesetting takes a tenth of a second or more: call it in a thread.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    append_signature_field,
)

from cases.clocks import SHANGHAI
from cases.errors import Reason, Refused
from settlements.document import Terms, canonical_terms
from settlements.model import SEAL_FIELD
from settlements.typeface import NOTO_SANS_SC, Typeface, unprintable
from settlements.typesetting import Layout

TEMPLATE = Path(__file__).with_name("settlement.typ")
PAGE_HEIGHT = 841.89  # A4 in points
SEAL_LABEL = "调解中心电子印章"


@dataclass(frozen=True, slots=True)
class RenderedOffer:
    """`digest` is the SHA-256 of `pdf`, hexadecimal: what every act binds."""

    pdf: bytes
    digest: str
    pages: int


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page (0, 1, …): left, bottom, right, top in points from the lower left corner."""

    field: str
    page: int
    corners: tuple[float, float, float, float]


class Revision(IncrementalPdfFileWriter):
    """An appended revision that leaves the document's metadata as the typesetter wrote them.

    pyHanko would write the present time and its own name into Info and XMP at each revision, which
    makes an offer differ from one rendering to the next and says nothing that a signature does not.
    """

    def _update_meta(self) -> None:
        pass

    def identify(self, revision_id: bytes) -> None:
        """Set the changing half of the file's ID (ISO 32000-1, 14.4), which is random otherwise."""
        self._document_id[1] = generic.ByteStringObject(revision_id)


def render(terms: Terms, typeface: Typeface = NOTO_SANS_SC) -> RenderedOffer:
    """Return the offer with its empty fields; refuse a text that the font cannot print.

    Raises Refused(UNPRINTABLE, where=…, number=…) naming the first place that cannot be printed.
    """
    for where, number, text in printed_texts(terms):
        if unprintable(text, typeface):
            raise Refused(Reason.UNPRINTABLE, where=where, number=number)
    canonical = canonical_terms(terms)
    offered_at = datetime.fromisoformat(terms.offered_at)
    shown = f"{offered_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    layout = Layout(TEMPLATE, {"terms": canonical.decode(), "shown": shown}, typeface)
    laid_out = layout.pdf("a-3a", offered_at)
    boxes = [_box(place) for place in layout.values("box")]
    return _with_fields(laid_out, boxes, terms, hashlib.sha256(canonical).digest())


def printed_texts(terms: Terms) -> Iterator[tuple[str, int, str]]:
    """Yield every text that is printed, with the name of its place and its number there (0: the only one)."""
    for name in ("case_number", "title", "centre", "mediator", "dispute", "claimed", "offer", "mode"):
        yield name, 0, getattr(terms, name)
    for number, signer in enumerate(terms.signers, 1):
        yield "signer", number, signer.name + signer.organisation + signer.phone_masked
    for number, matter in enumerate(terms.matters, 1):
        yield "matter", number, matter
    for clause in terms.clauses:
        yield "clause", clause.number, clause.text


def _box(place: dict[str, Any]) -> Box:
    """Return the box of a place that the layout tells in points from the upper left corner, pages from 1."""
    left, top = place["x"], PAGE_HEIGHT - place["y"]
    edges = (left, top - place["height"], left + place["width"], top)
    corners = (round(edges[0], 2), round(edges[1], 2), round(edges[2], 2), round(edges[3], 2))
    return Box(place["field"], place["page"] - 1, corners)


def _with_fields(laid_out: bytes, boxes: list[Box], terms: Terms, revision_id: bytes) -> RenderedOffer:
    revision = Revision(BytesIO(laid_out))
    revision.identify(revision_id[:16])
    labels = {signer.field: f"{signer.name} 签名" for signer in terms.signers} | {SEAL_FIELD: SEAL_LABEL}
    for box in boxes:
        append_signature_field(revision, _field(box, labels[box.field]))
    pages = int(revision.root["/Pages"]["/Count"])
    output = BytesIO()
    revision.write(output)  # type: ignore[no-untyped-call]  # pyHanko has not annotated it
    pdf = output.getvalue()
    return RenderedOffer(pdf, hashlib.sha256(pdf).hexdigest(), pages)


def _field(box: Box, label: str) -> SigFieldSpec:
    """Return the field; the seal's locks the whole document when it is signed."""
    last = box.field == SEAL_FIELD
    return SigFieldSpec(
        sig_field_name=box.field,
        on_page=box.page,
        box=box.corners,  # type: ignore[arg-type]  # pyHanko says int; ISO 32000-1, 7.9.5 says number
        field_mdp_spec=FieldMDPSpec(FieldMDPAction.ALL) if last else None,
        doc_mdp_update_value=MDPPerm.NO_CHANGES if last else None,
        readable_field_name=label,
    )
