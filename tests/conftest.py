"""Whatever is tested first, hypothesis looks as long as `tests.builders.profiles` says."""

from tests.builders import profiles

assert profiles.PROFILE in {profiles.FEW, profiles.MANY, profiles.FIRST}
