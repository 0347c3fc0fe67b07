"""Parts of the Data Store that need no server."""

from __future__ import annotations

import pytest
from huggingface_hub.utils.sha import git_hash
from hypothesis import given
from hypothesis import strategies as st

from nemo_local.common.errors import Invalid, NotFound
from nemo_local.data_store.blobs import Blob, BlobStore
from nemo_local.data_store.changes import Put, Remove, apply_changes
from nemo_local.data_store.paths import check_file_path
from nemo_local.data_store.snapshot import Entry, tree

BLOB = Blob("0" * 64, 1, "0" * 40)
OTHER = Blob("1" * 64, 1, "1" * 40)


def entries(*paths: str) -> dict[str, Entry]:
    return {path: Entry(path, BLOB, False, "c" * 40) for path in paths}


def test_a_content_is_whole_or_not_there(tmp_path):
    store = BlobStore(tmp_path)
    with store.writer(5) as writer:
        writer.write(b"hel")
        writer.write(b"lo")
        blob = writer.finish()
    assert blob.git_oid == git_hash(b"hello")
    assert store.path(blob.sha256).read_bytes() == b"hello" and store.size(blob.sha256) == 5
    with pytest.raises(Invalid, match="3 bytes arrived of the 5"), store.writer(5) as writer:
        writer.write(b"hel")
        writer.finish()
    assert list(store.incoming.iterdir()) == []


def test_what_a_killed_server_left_is_cleared_away(tmp_path):
    (BlobStore(tmp_path).incoming / "half").write_bytes(b"x")
    assert list(BlobStore(tmp_path).incoming.iterdir()) == []


def test_changes_apply_in_order():
    before = entries("a", "folder/x", "folder/y")
    changes = [Remove("folder", folder=True), Put("folder", OTHER, False), Put("a", BLOB, False), Put("0", OTHER, True)]
    after = apply_changes(before, changes)
    assert list(after) == ["0", "a", "folder"]
    assert after["a"] is before["a"], "the same content again is no change"
    assert after["folder"].changed_in is None and list(before) == ["a", "folder/x", "folder/y"]


def test_a_folder_is_not_removed_as_a_file():
    with pytest.raises(NotFound):
        apply_changes(entries("folder/x"), [Remove("folder", folder=False)])


def test_tree_shows_one_level_or_all():
    all_entries = entries("a/b/c", "a/d", "e").values()
    assert [item["path"] for item in tree(all_entries, "", False)] == ["a", "e"]
    assert [item["path"] for item in tree(all_entries, "a", False)] == ["a/b", "a/d"]
    assert [item["path"] for item in tree(all_entries, "", True)] == ["a", "a/b", "a/b/c", "a/d", "e"]
    folders = {item["path"]: item["type"] for item in tree(all_entries, "", True)}
    assert folders["a/b"] == "directory" and folders["a/d"] == "file"


def test_equal_folders_have_equal_ids():
    shown = {i["path"]: i["oid"] for i in tree(entries("a/x", "b/x", "c/y").values(), "", False)}
    assert shown["a"] == shown["b"] != shown["c"]


@given(st.text(max_size=40))
def test_an_accepted_path_stays_inside(path):
    try:
        check_file_path(path)
    except Invalid:
        return
    assert not path.startswith("/") and "\\" not in path and "\0" not in path
    assert not {"", ".", ".."} & set(path.split("/"))
