import errno
import hashlib
import os
import resource
import signal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.ids import ObjectId, new_id
from recordings.records import HEADER_BYTES, Damaged, Foreign, Missing, VaultError
from recordings.vault import Vault
from tests.builders.recordings import KEY

RECORDS = (b"head", b"a" * 5000, b"b" * 3, b"c" * 70_000)
CONTENT = b"".join(RECORDS)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, KEY)


def written(vault: Vault, *, close: bool = True) -> ObjectId:
    object_id = ObjectId(new_id())
    writer = vault.create(object_id, b"about")
    for record in RECORDS:
        writer.append(record)
    if close:
        writer.close()
    else:
        writer.abandon()
    return object_id


def path_of(vault: Vault, object_id: ObjectId) -> Path:
    return next(vault._folder.glob(f"*/{object_id}"))


def test_an_object_reads_as_it_was_written(vault: Vault) -> None:
    object_id = ObjectId(new_id())
    writer = vault.create(object_id, b"about")
    for record in RECORDS:
        writer.append(record)
    total = writer.close()
    with vault.open(object_id) as reader:
        assert (reader.about, reader.closed, reader.size) == (b"about", True, len(CONTENT))
        assert tuple(reader.records()) == RECORDS
        assert reader.sha256() == total.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert total.size == len(CONTENT)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.tuples(st.integers(0, len(CONTENT)), st.integers(0, len(CONTENT))).map(sorted))
def test_any_range_can_be_read(vault: Vault, span: list[int]) -> None:
    object_id = next(vault.objects(), None) or written(vault)
    with vault.open(object_id) as reader:
        assert reader.read(*span) == CONTENT[span[0] : span[1]]


def test_a_range_beyond_the_end_is_damage(vault: Vault) -> None:
    with vault.open(written(vault)) as reader, pytest.raises(Damaged):
        reader.read(0, len(CONTENT) + 1)


def test_nothing_of_the_content_is_readable_on_the_disk(vault: Vault) -> None:
    raw = path_of(vault, written(vault)).read_bytes()
    assert b"aaaa" not in raw
    assert b"about" not in raw


def test_only_the_owner_may_read_the_file(vault: Vault) -> None:
    path = path_of(vault, written(vault))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_closed_object_cut_short_anywhere_is_damaged(vault: Vault) -> None:
    object_id = written(vault)
    path = path_of(vault, object_id)
    whole = path.read_bytes()
    for length in (*range(0, 140, 7), 5200, len(whole) - 21, len(whole) - 20, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            vault.open(object_id)


def test_one_flipped_bit_anywhere_is_seen(vault: Vault) -> None:
    object_id = ObjectId(new_id())
    writer = vault.create(object_id, b"about")
    for record in (b"head", b"cluster"):
        writer.append(record)
    writer.close()
    path = path_of(vault, object_id)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x80]) + whole[at + 1 :])
        with pytest.raises((Damaged, Foreign)), vault.open(object_id) as reader:
            reader.sha256()


def test_records_cannot_be_swapped_or_appended(vault: Vault) -> None:
    object_id = written(vault)
    path = path_of(vault, object_id)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[-20:])
    with pytest.raises(Damaged):
        vault.open(object_id)
    sizes = [20 + len(b"about"), *(20 + len(r) for r in RECORDS), 20]
    cuts = [HEADER_BYTES + sum(sizes[:i]) for i in range(len(sizes) + 1)]
    parts = [whole[a:b] for a, b in pairwise(cuts)]
    parts[2], parts[3] = parts[3], parts[2]
    path.write_bytes(whole[:HEADER_BYTES] + b"".join(parts))
    with pytest.raises(Damaged), vault.open(object_id) as reader:
        reader.sha256()


def test_an_object_cut_short_cannot_be_made_to_look_closed(vault: Vault) -> None:
    object_id = written(vault)
    path = path_of(vault, object_id)
    whole = path.read_bytes()
    second = HEADER_BYTES + 20 + len(b"about")
    cut = second + 20 + len(RECORDS[0])
    path.write_bytes(whole[:second] + bytes([whole[second] | 0x80]) + whole[second + 1 : cut])
    with pytest.raises(Damaged):
        vault.open(object_id)


def test_an_object_whose_writer_was_killed_reads_up_to_its_last_whole_record(vault: Vault) -> None:
    object_id = written(vault, close=False)
    path = path_of(vault, object_id)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Damaged):
        vault.open(object_id)
    with vault.open(object_id, unfinished=True) as reader:
        assert (reader.closed, tuple(reader.records())) == (False, RECORDS[:-1])


def test_another_installations_key_opens_nothing(vault: Vault, tmp_path: Path) -> None:
    object_id = written(vault)
    with pytest.raises(Foreign):
        Vault(tmp_path, bytes(32)).open(object_id)


def test_an_object_under_another_name_is_damaged(vault: Vault) -> None:
    one, other = written(vault), written(vault)
    path_of(vault, one).replace(path_of(vault, other))
    with pytest.raises(Damaged):
        vault.open(other)


def test_a_file_of_another_format_is_foreign(vault: Vault) -> None:
    object_id = written(vault)
    path_of(vault, object_id).write_bytes(b"%PDF-1.7" + bytes(500))
    with pytest.raises(Foreign):
        vault.open(object_id)


@pytest.mark.parametrize("name", ["", "x", "../../etc/passwd", "0" * 24, "AB" * 12])
def test_what_is_no_object_is_missing(vault: Vault, name: str) -> None:
    with pytest.raises(Missing):
        vault.open(ObjectId(name))
    with pytest.raises(Missing):
        vault.delete(ObjectId(name))


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 600_000])
def test_a_whole_object_is_put_and_read(vault: Vault, size: int) -> None:
    content = os.urandom(size)
    object_id = vault.put(content, b"settlement")
    with vault.open(object_id) as reader:
        assert (reader.read(0, reader.size), reader.about) == (content, b"settlement")
    assert list(vault.objects()) == [object_id]


def test_a_deleted_object_is_gone(vault: Vault) -> None:
    object_id = vault.put(b"x")
    vault.delete(object_id)
    with pytest.raises(Missing):
        vault.open(object_id)
    assert list(vault.objects()) == []


def test_half_made_objects_are_no_objects_and_are_swept(vault: Vault, tmp_path: Path) -> None:
    kept = vault.put(b"x")
    (tmp_path / kept[:2] / f"{kept[:2]}{'0' * 22}.new").write_bytes(b"half")
    assert list(vault.objects()) == [kept]
    assert vault.sweep() == 1
    assert [path.name for path in tmp_path.glob("*/*")] == [kept]


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(VaultError):
        Vault(tmp_path / "file", KEY).put(b"x")


def test_a_full_disk_leaves_whole_records(vault: Vault) -> None:
    object_id = ObjectId(new_id())
    writer = vault.create(object_id)
    writer.append(b"kept")
    path = path_of(vault, object_id)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 1000, before[1]))
    try:
        with pytest.raises(VaultError):
            writer.append(bytes(50_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert writer.sum.size == 4
    writer.abandon()
    with vault.open(object_id, unfinished=True) as reader:
        assert tuple(reader.records()) == (b"kept",)
        assert path.stat().st_size == HEADER_BYTES + 20 + 24


def test_a_name_that_the_disk_does_not_keep_is_taken_back(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (ObjectId(f"ab{digit * 22}") for digit in "01")
    vault.create(first).close()
    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", refuse)
        with pytest.raises(VaultError):
            vault.create(second)
    assert list(vault.objects()) == [first]


def refuse(_fd: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_what_was_written_is_synced_every_five_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    synced: list[float] = []
    real = os.fdatasync

    def noted(fd: int) -> None:
        synced.append(now[0])
        real(fd)

    vault = Vault(tmp_path, KEY, lambda: now[0])
    writer = vault.create(ObjectId(new_id()))
    monkeypatch.setattr(os, "fdatasync", noted)
    for now[0] in (1.0, 4.0, 5.0, 6.0, 9.9, 10.0):
        writer.append(b"x")
    assert synced == [5.0, 10.0]
    writer.close()
