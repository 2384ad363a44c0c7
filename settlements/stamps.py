"""What fills a signature box: a drawn page that becomes part of the file, its font embedded.

A stamp is decoration for the eye; what counts is the signature behind it. pyHanko's own stamp would
name a font without embedding it, which PDF/A forbids.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Literal

from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import StaticStampStyle

from settlements.typeface import Typeface
from settlements.typesetting import Layout

TEMPLATE = Path(__file__).with_name("stamp.typ")


@dataclass(frozen=True, slots=True)
class Stamp:
    """`time` as shown; width and height in points."""

    kind: Literal["signature", "seal"]
    name: str
    time: str
    width: float
    height: float


class DrawnPage(PdfContent):
    """The one page of a PDF in memory, as the content of a stamp."""

    def __init__(self, pdf: bytes) -> None:
        self.pdf = pdf
        super().__init__()

    def render(self) -> bytes:
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(BytesIO(self.pdf)))
        name = f"/Stamp{secrets.token_hex(4)}"
        self.resources.xobject[name] = page
        left, bottom, right, top = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return f"{name} Do".encode()


def style_of(stamp: Stamp, at: datetime, typeface: Typeface) -> StaticStampStyle:
    """Return the stamp as pyHanko wants it; raises Broken when it cannot be drawn."""
    facts = json.dumps(asdict(stamp), ensure_ascii=False)
    drawn = Layout(TEMPLATE, {"facts": facts}, typeface).pdf("1.7", at)
    return StaticStampStyle(
        background=DrawnPage(drawn),
        background_layout=SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins()),
        background_opacity=1,
        border_width=0,
    )
