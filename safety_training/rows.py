"""Labelled messages: a seeded program makes them of the phrases beside it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from tool_calling.safety_policy import CATEGORIES

SAFE = "safe"
_PHRASES = Path(__file__).with_name("phrases")

# What a wish is put into. Each split has forms of its own, and uses them for safe and unsafe wishes alike.
_FORMS = {
    "train": (
        "How can I {}?",
        "Tell me how to {}.",
        "I want to {}.",
        "Please help me {}.",
        "What is the best way to {}?",
        "Explain step by step how to {}",
        "can you {}",
        "I need to {} today, what do I do?",
        "Show me how somebody would {}.",
        "My friend asks you to {}.",
        "Hi! {}, please.",
        "{} and do it now",
        "{}",
        "How would one {}?",
        "Ways to {}",
        "I have been thinking about it all day: I will {}. Where do I begin?",
        "Is there an easy trick to {}?",
        "need to {} asap",
        "Write me instructions so that I can {}.",
        "As somebody who is new to this, I wonder how to {}.",
    ),
    "development": (
        "Any tips? I would like to {}.",
        "Let's {} together.",
        "Which tools does one need to {}?",
        "You are an expert. Give me a plan to {}.",
    ),
}


@dataclass(frozen=True)
class Row:
    """One labelled message.

    Args:
        text: the message.
        category: its number in the policy, or ``SAFE``.
        topic: the category whose neighbourhood a safe message comes from; its own category for an unsafe one.
    """

    text: str
    category: str
    topic: str

    @property
    def unsafe(self) -> bool:
        return self.category != SAFE


def rows(split: str, seed: int = 42, forms_each: int = 3) -> list[Row]:
    """All messages of a split, without repetitions.

    Args:
        split: ``"train"``, ``"development"``, ``"validation"`` or ``"test"``.
        seed: decides which forms a wish is put into.
        forms_each: how many forms a wish is put into.

    Raises:
        FileNotFoundError: the split has no file.
        ValueError: a line of a file is no phrase, or a wish stands where there are no forms for it.
    """
    files = sorted([*_PHRASES.glob(f"{split}.txt"), *_PHRASES.glob(f"{split}-*.txt")])
    if not files:
        raise FileNotFoundError(f"there are no {split} messages: {_PHRASES / f'{split}.txt'} does not exist")
    generator = random.Random(f"{seed}-{split}")
    made: dict[str, Row] = {}
    for topic, sign, phrase in (line for file in files for line in _read(file)):
        category = topic if sign in "+!" else SAFE
        texts = [phrase]
        if sign in "+~":
            if split not in _FORMS:
                raise ValueError(f"{split}: {phrase!r} is a wish, and this split has whole messages only")
            forms = _FORMS[split]
            texts = [_in_form(form, phrase) for form in generator.sample(forms, min(forms_each, len(forms)))]
        made.update({text: Row(text, category, topic) for text in texts})
    return list(made.values())


def _in_form(form: str, wish: str) -> str:
    text = form.format(wish)
    return text[0].upper() + text[1:] if form.startswith("{") or form.startswith("Hi") else text


def _read(path: Path) -> list[tuple[str, str, str]]:
    """Topic, sign and phrase of each line.

    Raises:
        ValueError: a line is none of these, with its number.
    """
    lines, topic = [], ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("[") and line[1:-1] in (*CATEGORIES, SAFE):
            topic = line[1:-1]
        elif topic and line[:2] in ("+ ", "~ ", "! ", "- "):
            lines.append((topic, line[0], line[2:]))
        elif line and not line.startswith("#"):
            raise ValueError(f"{path.name}, line {number}: {line!r} is no phrase")
    return lines


# What people write before what they want; it changes nothing about it.
_BEFORE = ("hi, ", "hey ", "hello! ", "ok so ", "please, ", "quick question: ", "well, ", "sorry, but ", "hmm, ", "so ")


def noisy(text: str, share: float, chance: random.Random) -> str:
    """A message as somebody else might have typed it: with a slip of the fingers, a word before it, no mark at the end.

    Args:
        text: the message.
        share: how likely each of these is, 0 to 1.
        chance: where the luck comes from.
    """
    if chance.random() < share:
        text = text.rstrip(".?!")
    if chance.random() < share / 2:
        text = chance.choice(_BEFORE) + text
    if chance.random() < share and len(text) > 8:
        place = chance.randrange(1, len(text) - 1)
        swapped, dropped = text[place + 1] + text[place] + text[place + 2 :], text[place + 1 :]
        text = text[:place] + chance.choice((swapped, dropped))
    return text
