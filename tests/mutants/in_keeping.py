"""What tests of backup, restore and audit must notice."""

from typing import Final

from tests.mutants.mutant import Mutant, by

_LAST = "server/test_fault_points.py::test_whatever_step_was_the_last_all_that_is_left_agrees"

_STEPS = (
    Mutant(
        "row-before-object",
        "a segment has a row before its object is there",
        "recordings/recorder.py",
        "if await take.reel.opened:",
        "if True:",
        by(_LAST),
    ),
    Mutant(
        "named-before-synced",
        "an object gets its name before the disk has what is in it",
        "recordings/objects.py",
        "            if self._fd >= 0:\n                os.fdatasync(self._fd)\n            self._new",
        "            self._new",
        by(_LAST),
    ),
    Mutant(
        "name-unsynced",
        "the row of an object is committed before the disk has the object's name",
        "recordings/objects.py",
        "            sync_folder(self._path.parent)\n        except OSError as error:\n            with",
        "        except OSError as error:\n            with",
        by(_LAST),
    ),
    Mutant(
        "orphans-left",
        "a recording whose row was lost belongs to nobody",
        "server/taking_up.py",
        "    found += await asyncio.to_thread(orphans, vault, known, now)\n",
        "",
        by(_LAST),
    ),
    Mutant(
        "told-before-commit",
        "people are told that they are apart before it is written down",
        "signaling/clerk.py",
        "            await self._journal.append(self.room.id, events)\n",
        "            self._pages.publish(coming, self._present(), self._untaped)\n"
        "            await self._journal.append(self.room.id, events)\n",
        by(_LAST),
    ),
    Mutant(
        "disk-before-goodbye",
        "a server that stops waits for the disk before the rooms are silent",
        "server/app.py",
        "    await app[SERVICES].clerks.aclose()\n    await app[SERVICES].recorder.aclose(EndCause.SHUTDOWN)\n",
        "    await app[SERVICES].recorder.aclose(EndCause.SHUTDOWN)\n    await app[SERVICES].clerks.aclose()\n",
        by(
            "server/test_stopping.py::test_a_room_is_silent_and_its_pages_know_before_a_disk_that_hangs_is_waited_for"
        ),
    ),
    Mutant(
        "woken-while-stopping",
        "a server that stops wakes rooms",
        "server/clerks.py",
        "        if self._closed:\n            raise Refused(Reason.BUSY)\n",
        "",
        by("server/test_stopping.py::test_a_server_that_stops_wakes_no_room_and_says_so_in_words"),
    ),
    Mutant(
        "empty-for-lost",
        "an empty database takes the place of one that is lost",
        "server/keys.py",
        "    if file is not None and (left :=",
        "    if False and (left :=",
        by("server/test_server_settings.py::test_a_lost_database_is_said_and_no_empty_one_takes_its_place"),
    ),
    Mutant(
        "slow-commit-as-lost-line",
        "a page that waits for a commit hears nothing, and takes its line for lost",
        "signaling/connection.py",
        '            await asyncio.sleep(PONG_EVERY)\n            self.send({"type": "pong"})\n',
        "            await asyncio.sleep(PONG_EVERY)\n",
        by(
            "server/test_database_faults.py::test_a_page_that_waits_for_a_commit_knows_that_its_line_is_there"
        ),
    ),
    Mutant(
        "half-named",
        "an object whose name the disk did not keep stays, and its row says that there is none",
        "recordings/objects.py",
        "                self._path.unlink(missing_ok=True)\n",
        "                pass\n",
        by("recordings/test_vault.py::test_a_name_that_the_disk_does_not_keep_is_taken_back"),
    ),
)

IN_KEEPING: Final = (
    *_STEPS,
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
