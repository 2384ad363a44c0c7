"""Consents: one purpose each, versioned, kept with the hash of the very text that was shown (PIPL Art. 14).

The texts stand here, not in a template, because what is hashed and what is shown must be one thing.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Purpose(StrEnum):
    NOTICE = "notice"  # the privacy notice was read
    ONLINE = "online"  # mediation by video
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """`required`: without it there is no session for this person. The recording is never required."""

    purpose: Purpose
    version: str
    required: bool
    title: str
    summary: str
    paragraphs: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Hash of purpose, version, title, summary and paragraphs, joined by line feeds, as UTF-8."""
        whole = "\n".join((self.purpose, self.version, self.title, self.summary, *self.paragraphs))
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Consent:
    """What one person answered, and to which text."""

    purpose: Purpose
    version: str
    text_sha256: str
    given: bool
    at: datetime


TEXTS: Final = (
    ConsentText(
        Purpose.NOTICE,
        "2025-09",
        required=True,
        title="我们怎样用您的个人信息",
        summary="只用来办这次调解，不卖，不做广告。",
        paragraphs=(
            "为了办这次调解，调解中心会用到您的姓名、手机号、案件材料，以及您参加时的画面和声音。",
            "这些信息只给办这个案件的调解员、中心的法务看。对方当事人只看到您在调解里说的和出示的。",
            "调解结束后，卷宗按规定的期限保管，到期删除。期限可以打调解中心电话问。",
            "您可以随时要求查看、改正、删除自己的信息，也可以撤回同意。撤回以前已经做的事仍然有效。",
        ),
    ),
    ConsentText(
        Purpose.ONLINE,
        "2025-09",
        required=True,
        title="用视频在线调解",
        summary="大家在手机或电脑上见面。您随时可以停。",
        paragraphs=(
            "这次调解通过视频进行，和当面调解一样自愿、保密、不收费。",
            "您可以要求换调解员，可以随时说停，也可以离开。停下来不影响您去投诉或者起诉。",
            "如果网络不好或者不方便，可以要求改成当面调解。",
        ),
    ),
    ConsentText(
        Purpose.RECORDING,
        "2025-09",
        required=False,
        title="录像",
        summary="只录大家一起谈的部分。不同意也能参加。",
        paragraphs=(
            "大家一起谈的时候录像，屏幕上一直看得到正在录。您和调解员单独谈的时候不录。",
            "录像加密保存在调解中心，只有写明事由的法务和法院能看，每次查看都有记录。",
            "您不同意，也照样可以参加：您的画面和声音不录，在场的人都会看到“不录像”。",
        ),
    ),
)


def text_for(purpose: Purpose) -> ConsentText:
    return next(text for text in TEXTS if text.purpose is purpose)


def missing(consents: dict[Purpose, Consent]) -> tuple[Purpose, ...]:
    """Return the purposes without an answer to their present text, or refused although required."""
    return tuple(t.purpose for t in TEXTS if not _settled(t, consents.get(t.purpose)))


def _settled(text: ConsentText, consent: Consent | None) -> bool:
    if consent is None or consent.text_sha256 != text.sha256:
        return False
    return consent.given or not text.required


def may_be_recorded(consents: dict[Purpose, Consent]) -> bool:
    """Return whether the recording was agreed to in the words of its present text."""
    consent = consents.get(Purpose.RECORDING)
    return consent is not None and consent.given and consent.text_sha256 == text_for(Purpose.RECORDING).sha256
