"""What the parties agree on: the terms, the file, its signatures and its seal."""

import logging

# On a failed check pyHanko logs the subject of a certificate, which is a person's name.
for library in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(library).setLevel(logging.CRITICAL + 1)
