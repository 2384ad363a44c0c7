"""What tests of backup, restore and audit must notice."""

from typing import Final

from tests.mutants.mutant import Mutant, by

IN_KEEPING: Final = (
    Mutant(
        "changed-byte-restored",
        "a backup with a changed byte is restored",
        "server/restore.py",
        "if found != wanted:",
        "if False:",
        by("server/test_restore.py::test_a_backup_that_is_not_as_it_was_made_is_not_restored"),
    ),
    Mutant(
        "chains-unlooked",
        "a broken chain is neither said by a backup nor by a restore",
        "server/stored_objects.py",
        "    yield from chain_flaws(found.chains)\n",
        "",
        by("server/test_backup.py::test_a_broken_chain_is_named_and_the_rest_is_kept"),
    ),
    Mutant(
        "verified-without-chains",
        "an audit is verified without a look at its chains",
        "server/audit.py",
        "(*chain_flaws(self.chains), *objects)",
        "(*objects,)",
        by("server/test_audit_verify.py::test_a_chain_that_does_not_hold_is_noticed"),
    ),
    Mutant(
        "row-hash-unlooked",
        "a stored object may have another hash than its row says",
        "server/stored_objects.py",
        "if sha256 is None or found == sha256 else",
        "if found else",
        by("server/test_audit_verify.py::test_a_hash_that_was_changed_in_its_row_is_noticed"),
    ),
    Mutant(
        "objects-before-rows",
        "a backup has rows that are newer than its objects",
        "server/backup.py",
        "    files |= {",
        "    database.unlink()\n"
        "    snapshot(source, database)\n"
        '    found = inspect(f"sqlite:///{database}")\n'
        "    files[DATABASE] = _synced(database)\n"
        "    files |= {",
        by("server/test_backup.py::test_every_row_of_a_backup_has_its_object"),
    ),
    Mutant(
        "torn-record-kept",
        "half a record of what is being written is taken along",
        "server/backup.py",
        "whole_records=object_id not in closed",
        "whole_records=False",
        by("server/test_backup.py::test_what_is_being_written_is_kept_up_to_its_last_whole_record"),
    ),
    Mutant(
        "foreign-key-served",
        "a restored installation is served under another key",
        "server/app.py",
        "if not fits:",
        "if False:",
        by("server/test_restore.py::test_the_key_of_another_installation_is_said_and_serves_nothing"),
    ),
    Mutant(
        "lack-unnamed",
        "a segment whose file is gone passes for complete",
        "recordings/completeness.py",
        "    if not present:\n        return Lack.NO_OBJECT\n",
        "",
        by("server/test_reconciling.py::test_a_segment_whose_file_is_gone_is_named"),
    ),
    Mutant(
        "lack-misnamed",
        "a segment whose hash does not fit is said to lack its copy",
        "recordings/completeness.py",
        "        return Lack.ALTERED\n",
        "        return Lack.NO_COPY\n",
        by("server/test_reconciling.py::test_a_segment_whose_hash_does_not_fit_is_named"),
    ),
    Mutant(
        "lack-said-each-round",
        "what a recording lacks is said in each round",
        "server/reconciling.py",
        "sorted(found - self._found,",
        "sorted(found,",
        by("server/test_reconciling.py::test_what_is_lacking_is_said_once_and_when_it_is_over"),
    ),
    Mutant(
        "copies-without-end",
        "a segment that yields no copy is tried for ever",
        "storage/copies.py",
        "and_(c.tries < tries, c.not_before <= tx.now)",
        "c.not_before <= tx.now",
        by("server/test_copies.py::test_a_segment_is_tried_a_few_times_and_again_after_the_next_start"),
    ),
    Mutant(
        "copies-fill-the-disk",
        "copies take the space that recordings will need",
        "server/watch.py",
        "return self.free - size >= self._least",
        "return True",
        by("server/test_copies.py::test_a_disk_that_recordings_will_need_is_left_to_them"),
    ),
    Mutant(
        "stray-copy-kept",
        "a copy that was made for a killed process stays for ever",
        "server/copies.py",
        "                vault.delete(object_id)\n",
        "",
        by("server/test_copies.py::test_a_copy_that_was_made_for_a_killed_process_is_deleted_and_made_anew"),
    ),
    Mutant(
        "copies-backed-up",
        "a backup has each recording twice",
        "server/backup.py",
        "        if object_id in derived:\n            continue\n",
        "",
        by("server/test_copies.py::test_a_backup_leaves_copies_out_and_a_restored_service_makes_them_anew"),
    ),
)
