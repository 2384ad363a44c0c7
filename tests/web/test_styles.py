"""The styles of pages use the names of tokens.css and nothing of their own."""

import re
from pathlib import Path

import pytest

from web.rendering import STATIC

CSS = STATIC / "css"
PAGES = sorted(set(CSS.glob("*.css")) - {CSS / "tokens.css", CSS / "components.css"})


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_a_page_style_takes_every_colour_from_the_tokens(file: Path) -> None:
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", file.read_text())


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_a_page_style_uses_only_names_that_exist(file: Path) -> None:
    text = file.read_text()
    defined = set(
        re.findall(
            r"(--[\w-]+):", text + (CSS / "tokens.css").read_text() + (CSS / "components.css").read_text()
        )
    )
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= defined


def test_every_token_is_used() -> None:
    text = "".join(file.read_text() for file in CSS.glob("*.css"))
    tokens = set(re.findall(r"(--[\w-]+):", (CSS / "tokens.css").read_text()))
    assert tokens <= set(re.findall(r"var\((--[\w-]+)", text))


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_a_page_style_stands_in_the_layer_of_pages(file: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL).strip()
    assert rules.startswith("@layer page {")
