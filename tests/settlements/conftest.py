"""One authority and one sealed file for the whole folder: making them again proves nothing more."""

from pathlib import Path

import pytest

from settlements.authority import LocalAuthority, roots_of
from settlements.pdf import RenderedOffer, render
from tests.builders.settlements import CENTRE, OFFERED_AT, sample_terms, sealed_file


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.open_or_create(tmp_path_factory.mktemp("keys"), CENTRE, OFFERED_AT)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    """Another installation with the same centre's name."""
    return LocalAuthority.open_or_create(tmp_path_factory.mktemp("other"), CENTRE, OFFERED_AT)


@pytest.fixture(scope="session")
def offer() -> RenderedOffer:
    return render(sample_terms())


@pytest.fixture(scope="session")
def sealed(offer: RenderedOffer, authority: LocalAuthority) -> bytes:
    return sealed_file(offer, authority)


@pytest.fixture(scope="session")
def roots(authority: LocalAuthority) -> tuple[bytes, ...]:
    return roots_of(authority.root_pem)


@pytest.fixture
def sealed_path(sealed: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)
    return path


@pytest.fixture
def root_path(authority: LocalAuthority, tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_bytes(authority.root_pem)
    return path
