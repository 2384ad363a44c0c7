"""How long hypothesis looks for a counterexample: `EXAMPLES` is `few` (always the same ones, as in
`make test`), `many` (twenty times as many, new ones each time, as in `make test-long`), or `first` (as `few`, but what
was found is not made smaller: the mutants ask only whether something is found).
"""

import os
from typing import Final

from hypothesis import HealthCheck, Phase, settings

FEW, MANY, FIRST = "few", "many", "first"
PROFILE: Final = os.environ.get("EXAMPLES", FEW)
MORE: Final = {FEW: 1, MANY: 20, FIRST: 1}[PROFILE]

# A busy machine is no failure; what failed can be had again by its blob.
settings.register_profile(FEW, derandomize=True, deadline=None, print_blob=True)
settings.register_profile(
    MANY, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.register_profile(
    FIRST, settings.get_profile(FEW), phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False
)
settings.load_profile(PROFILE)
