"""All mutants in one sequence, by who has to notice them."""

from typing import Final

from tests.mutants.in_doors import IN_DOORS
from tests.mutants.in_evidence import IN_EVIDENCE
from tests.mutants.in_keeping import IN_KEEPING
from tests.mutants.in_media import IN_MEDIA
from tests.mutants.in_operation import IN_OPERATION
from tests.mutants.in_privacy import IN_PRIVACY
from tests.mutants.in_rehearsal import IN_REHEARSAL
from tests.mutants.in_rooms import IN_ROOMS

IN_TESTS: Final = (*IN_ROOMS, *IN_MEDIA, *IN_PRIVACY, *IN_DOORS, *IN_EVIDENCE, *IN_KEEPING, *IN_OPERATION)
MUTANTS: Final = (*IN_TESTS, *IN_REHEARSAL)
