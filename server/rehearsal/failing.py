"""How a rehearsal fails: with one sentence, for an operator."""

from typing import Any


class Failed(Exception):
    """Something did not happen as it must. The message is a whole sentence, without a secret."""


def text_of(answer: dict[str, Any], key: str) -> str:
    """Return a field that an answer must have."""
    if key not in answer:
        raise Failed(f"回答里缺少 {key}。")
    return str(answer[key])
