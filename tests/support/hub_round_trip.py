"""What a client does with a repository, from its creation to its end, in whichever ``huggingface_hub`` runs this.

Called as ``python hub_round_trip.py ENDPOINT REPO_TYPE REPO_ID FOLDER``. Prints what it saw as JSON.
"""

import json
import sys
from pathlib import Path

from huggingface_hub import CommitOperationDelete, HfApi, __version__

endpoint, kind, repo, folder = sys.argv[1:]
hub = HfApi(endpoint=endpoint, token="unused")
this = {"repo_id": repo, "repo_type": kind}
made = hub.create_repo(repo, repo_type=kind)
again = hub.create_repo(repo, repo_type=kind, exist_ok=True)

source = Path(folder) / "source"
(source / "testing").mkdir(parents=True)
(source / "testing" / "rows.jsonl").write_text("{}\n")
commits = {
    "file": hub.upload_file(path_or_fileobj=b"1", path_in_repo="training/a b%2F#.txt", **this),
    "folder": hub.upload_folder(folder_path=source, **this),
}
hub.create_branch(repo, branch="exp/lora-r8", repo_type=kind)
commits["branch"] = hub.upload_file(path_or_fileobj=b"22", path_in_repo="b.txt", revision="exp/lora-r8", **this)
hub.create_tag(repo, tag="runs/first", revision="exp/lora-r8", repo_type=kind)
on_branch = hub.snapshot_download(repo, repo_type=kind, revision="exp/lora-r8", cache_dir=Path(folder) / "cache")
downloaded = sorted(p.relative_to(on_branch).as_posix() for p in Path(on_branch).rglob("*") if p.is_file())
refs = hub.list_repo_refs(repo, repo_type=kind)
tree = [item.path for item in hub.list_repo_tree(repo, "training", repo_type=kind, revision="runs/first")]
history = [commit.title for commit in hub.list_repo_commits(repo, repo_type=kind, revision="exp/lora-r8")]
sha = hub.repo_info(repo, repo_type=kind, revision="exp/lora-r8").sha
delete = [CommitOperationDelete("b.txt")]
commits["delete"] = hub.create_commit(repo, delete, commit_message="x", revision="exp/lora-r8", repo_type=kind)
files = hub.list_repo_files(repo, repo_type=kind, revision="exp/lora-r8")
hub.delete_tag(repo, tag="runs/first", repo_type=kind)
hub.delete_branch(repo, branch="exp/lora-r8", repo_type=kind)
left = [ref.name for ref in hub.list_repo_refs(repo, repo_type=kind).branches]
hub.delete_repo(repo, repo_type=kind)

print(
    json.dumps(
        {
            "version": __version__,
            "repositories": [[url.repo_type, url.repo_id] for url in (made, again)],
            "commits": {name: [c.repo_url.repo_type, c.repo_url.repo_id, len(c.oid)] for name, c in commits.items()},
            "downloaded": downloaded,
            "refs": [[ref.name for ref in group] for group in (refs.branches, refs.tags)],
            "tree": tree,
            "commits on the branch": len(history),
            "newest is the upload": sha == commits["branch"].oid,
            "files after the deletion": sorted(files),
            "branches left": left,
        }
    )
)
