"""What the Makefile sets up."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jupyterlab_server.settings_utils import get_settings

from flywheel_helpers.checkout import ROOT

NOTIFICATIONS = "@jupyterlab/apputils-extension:notification"


@pytest.mark.parametrize(("chosen", "shown"), [(None, "false"), ("true", "true")])
def test_the_lab_does_not_ask_whether_to_fetch_news_unless_the_user_wants_them(tmp_path, chosen, shown):
    venv, user = tmp_path / "venv", tmp_path / "user"
    venv.mkdir()
    (venv / ".installed").touch()  # newer than pyproject.toml, so that nothing is installed
    overrides = venv / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(["make", f"VENV={venv}", str(overrides)], cwd=ROOT, env=environment, check=True, timeout=60)
    if chosen:
        file = user / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"fetchNews": chosen}))
    schemas = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"
    found, _ = get_settings(str(overrides.parent), str(schemas), str(user), schema_name=NOTIFICATIONS)
    default = found["schema"]["properties"]["fetchNews"]["default"]
    assert {"fetchNews": default, **found["settings"]}["fetchNews"] == shown


def test_the_lab_is_started_with_these_defaults():
    planned = subprocess.run(
        ["make", "--dry-run", "--always-make", "lab"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert planned.index("settings/overrides.json") < planned.index("jupyter lab --notebook-dir=notebooks")
    opened = re.search(r"--LabApp.default_url=/lab/tree/(\S+)", planned)[1]
    assert (ROOT / "notebooks" / opened).is_file()
