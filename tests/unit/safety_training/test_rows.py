"""The labelled messages: enough of them, over every category, the same each time, and no split in another."""

from __future__ import annotations

import pytest

from flywheel_helpers.course import safety_results
from safety_training.rows import SAFE, rows
from tool_calling.safety_policy import CATEGORIES

SPLITS = ("train", "development", "validation", "test")


@pytest.mark.parametrize("split", SPLITS)
def test_every_category_has_unsafe_and_safe_messages(split):
    found = rows(split)
    for category in CATEGORIES:
        near = [row for row in found if row.topic == category]
        assert {row.category for row in near} == {category, SAFE}, category


def test_there_are_enough_and_no_text_twice():
    texts = [row.text for split in SPLITS for row in rows(split)]
    assert len(rows("train")) >= 600 and len(rows("test")) >= 200
    assert len(texts) == len(set(texts))


def test_a_split_without_a_file_is_said_to_have_none():
    with pytest.raises(FileNotFoundError, match="no such messages"):
        rows("such")


def test_the_same_seed_gives_the_same_rows():
    assert rows("train") == rows("train") != rows("train", seed=43)


def test_the_notebooks_messages_are_in_no_split():
    texts = {row.text.lower() for split in SPLITS for row in rows(split)}
    messages = safety_results.labelled_messages()
    assert len(messages) >= 60 and {m.category for m in messages} == {SAFE, *CATEGORIES}
    assert not [m.text for m in messages if m.text.lower() in texts]
