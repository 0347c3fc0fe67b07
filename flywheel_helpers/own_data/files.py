"""Files as people have them: read whole, or refused in words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from flywheel_helpers.checkout import ROOT
from flywheel_helpers.errors import DataError
from tool_calling import strict_json

MAX_BYTES = 200_000_000  # it is read into memory whole, and again as rows
GUIDE = "docs/own_data.md has an example of each form."


def refuse(path: str | Path, why: str, hint: str) -> NoReturn:
    """End the reading of a file.

    Args:
        path: as the user wrote it.
        why: what is wrong, as the end of a sentence.
        hint: what to do.

    Raises:
        DataError: always.
    """
    raise DataError(f"{path} cannot be read: {why}", hint)


def locate(path: str | Path) -> Path:
    """Where a file is: a relative path counts from the current folder, else from the checkout.

    A notebook runs in a folder of the checkout, and `flywheel` is usually typed in the checkout itself.
    """
    return Path(path) if Path(path).exists() else ROOT / path


def read_text(path: str | Path) -> str:
    """The text of a file, without the mark that spreadsheet programs put in front of it.

    Raises:
        DataError: it is missing, a folder, empty, too large or not UTF-8.
    """
    try:
        place = locate(path)
        if place.is_dir():
            refuse(path, "it is a folder", "Name a file in it.")
        if not place.is_file():
            refuse(path, "there is no such file", "Check the path; a relative one counts from here or the checkout.")
        if place.stat().st_size > MAX_BYTES:
            refuse(path, f"it has more than {MAX_BYTES:,} bytes", "A few thousand rows are plenty: choose some.")
        text = place.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(path, f"byte {error.start + 1} is not UTF-8", "Save it as text in UTF-8 (CSV UTF-8 in a spreadsheet).")
    except OSError as error:
        refuse(path, f"the operating system reports: {error.strerror}", "Change its permissions, or copy it.")
    if not text.strip():
        refuse(path, "it is empty", GUIDE)
    return text


def read_value(path: str | Path, text: str) -> Any:
    """The one value of a JSON file, or of a YAML file by its name.

    Raises:
        DataError: it is neither, or nests too deep.
    """
    is_yaml = Path(path).suffix.lower() in (".yaml", ".yml")
    try:
        # By way of JSON, so that nothing is left that JSON does not have, such as keys that are numbers.
        return strict_json.loads(json.dumps(yaml.load(text, _Yaml)) if is_yaml else text)
    except strict_json.NotStrict as error:
        refuse(path, f"it is not JSON ({error})", "Correct that place; where the text just ends, it was cut off.")
    except yaml.YAMLError as error:
        refuse(path, f"it is not YAML ({' '.join(str(error).split())})", "Correct that place.")
    except (TypeError, ValueError, RecursionError) as error:
        refuse(path, f"it has values that JSON does not have ({type(error).__name__})", "Write it as plain JSON.")


class _Yaml(yaml.SafeLoader):
    """YAML 1.2 as OpenAPI uses it: no dates, `yes` is a text, and no aliases, which can make a small file enormous."""

    yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in known if tag.rpartition(":")[2] not in ("timestamp", "bool")]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not read; write the part out", mark)
        return super().compose_node(parent, index)


_Yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
