"""The typesetter, with our fonts and no others. Data goes in as JSON, never as markup."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typst

from cases.errors import Broken
from settlements.typeface import Typeface, families, loaded_fonts

Standard = Literal["a-3a", "1.7"]


class Layout:
    """One template with its data; raises Broken when it cannot be typeset."""

    def __init__(self, template: Path, inputs: Mapping[str, str], typeface: Typeface) -> None:
        self._compiler = typst.Compiler(
            input=str(template),
            root=str(template.parent),
            font_paths=loaded_fonts(typeface),
            sys_inputs={**inputs, "families": json.dumps(families(typeface))},
        )

    def pdf(self, standard: Standard, at: datetime) -> bytes:
        """Return the PDF with `at` as its time of creation; tagged if the standard is PDF/A-3a."""
        try:
            made = self._compiler.compile(
                format="pdf",
                pdf_standards=[standard],
                pdf_tags=standard == "a-3a",
                timestamp=int(at.timestamp()),
            )
        except typst.TypstError as error:
            raise Broken("a document cannot be typeset") from error
        if not isinstance(made, bytes):
            raise Broken("the typesetter made no PDF")
        return made

    def values(self, label: str) -> list[dict[str, Any]]:
        """Return the values of the metadata elements with `label`, in the order of the document."""
        found: list[dict[str, Any]] = json.loads(self._compiler.query(f"<{label}>", field="value"))
        return found
