"""The sentence that a signer ticks. It stands in the evidence of the act, in the words that were shown.

Like the consents, it is not in a template nor in the catalogue: what is kept and what is shown are one.
"""

from typing import Final

from cases.model import Role

PARTY: Final = "我逐条听懂了，自愿签这份协议。签了以后，双方都要照着做。"
MEDIATOR: Final = "我逐条核对过，双方都是自愿的，由我以调解员身份签名"


def intent_of(role: Role) -> str:
    """Return the sentence for a signer of this role."""
    return MEDIATOR if role is Role.MEDIATOR else PARTY
