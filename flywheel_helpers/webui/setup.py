"""What the course needs in Open WebUI: a connection to the models, and two presets. A second run changes nothing.

A preset that somebody has edited is not overwritten: it contains a digest of what the course wrote last, and a digest
that no longer matches means that it was edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flywheel_helpers.data import examples, xlam
from flywheel_helpers.errors import PlatformError, Unauthorized
from flywheel_helpers.services.jobs import digest
from flywheel_helpers.webui.client import OpenWebUI
from tool_calling import prompt

OPENAI = "https://api.openai.com/v1"
MARK = "flywheel"  # the key of our own data in the objects of Open WebUI
MAX_TOKENS = 200  # as in the evaluation of notebook 03; a base model may not stop by itself
# Each of these would add something to the question: Open WebUI's own tools, or texts that it finds.
_EXTRAS = ("builtin_tools", "code_interpreter", "file_context", "file_upload", "image_generation", "memory")
_EXTRAS += ("vision", "web_search")

CREATED, UPDATED, UNCHANGED, KEPT = "created", "updated", "unchanged", "kept"  # outcomes of `provision`


@dataclass(frozen=True)
class Preset:
    """A model with the tool selector's instructions, as an entry in the list of models."""

    id: str
    name: str
    model: str


@dataclass(frozen=True)
class Step:
    """One object that the course needs, and the outcome: created, updated, unchanged or kept."""

    what: str
    outcome: str
    note: str = ""


def presets(namespace: str, models: dict[str, str]) -> dict[str, Preset]:
    """The presets of the course, one for each kind of model.

    Args:
        namespace: the namespace of config.py; people with different ones have their own presets.
        models: names of the models by kind, such as `{"tuned": "ada/caller@v1"}`.
    """
    return {
        kind: Preset(f"{namespace}-tool-selector-{kind.replace(' ', '-')}", f"Tool selector ({kind})", model)
        for kind, model in models.items()
    }


def example_text() -> str:
    """The course's example as text to paste into the chat."""
    row = xlam.to_evaluation_row(examples.EXAMPLE)
    return prompt.question_text(row["messages"][0]["content"], row["tools"])


def provision(webui: OpenWebUI, models: dict[str, str], reset: bool = False) -> list[Step]:
    """Create or update the connection and the presets.

    Args:
        webui: signed in.
        models: as for `presets`.
        reset: overwrite presets that were edited by hand.

    Raises:
        Unauthorized: the account may not make a change; the hint says what an administrator has to do.
        PlatformError: Open WebUI has the connection but does not list the models.
    """
    steps = [_connection(webui, models)]
    served = webui.served_models()
    if missing := [model for model in models.values() if model not in served]:
        raise PlatformError(
            f"Open WebUI does not list {' and '.join(missing)}, although it has the connection.",
            f"It must be able to reach {_address(webui)} from where it runs. Check that the models are served: "
            f"{webui.settings.nim_url}/v1/models",
        )
    steps += [_preset(webui, preset, reset) for preset in presets(webui.settings.namespace, models).values()]
    webui.served_models()  # Open WebUI adds new presets to its list of models when that is requested
    return steps


def preset_body(preset: Preset) -> dict[str, Any]:
    """A preset in the form in which Open WebUI stores it."""
    suggestion = {"title": ["Future value", "of 2000 dollars"], "content": example_text()}
    body: dict[str, Any] = {
        "id": preset.id,
        "name": preset.name,
        "base_model_id": preset.model,
        "params": {
            "system": prompt.SYSTEM_MESSAGE,
            "seed": examples.SEED,
            "temperature": 0,
            "max_tokens": MAX_TOKENS,
        },
        "meta": {
            "description": f"Chooses tools for a question: {preset.model}",
            "capabilities": dict.fromkeys(_EXTRAS, False),
            "suggestion_prompts": [suggestion],
        },
    }
    body["meta"][MARK] = digest(_parts(body))
    return body


def _address(webui: OpenWebUI) -> str:
    """The address of the models for Open WebUI, which runs beside the platform and not here."""
    return f"{webui.settings.nim_internal_url or webui.settings.nim_url}/v1"


def _connection(webui: OpenWebUI, models: dict[str, str]) -> Step:
    address = _address(webui)
    what = f"connection to {address}"
    try:
        config = webui.connections()
    except Unauthorized as error:
        if set(models.values()) <= set(webui.served_models()):
            return Step(what, KEPT, "visible to administrators only; its models are listed")
        error.hint = (
            f"Your account may not change connections. Ask an administrator to add {address} under Admin Panel, "
            "Settings, Connections, or to give you an administrator's key for OPENWEBUI_API_KEY."
        )
        raise
    urls = [url.rstrip("/") for url in config["OPENAI_API_BASE_URLS"]]
    options = dict(config.get("OPENAI_API_CONFIGS") or {})
    keys = list(config["OPENAI_API_KEYS"])
    keys += [""] * (len(urls) - len(keys))

    def option(index: int) -> dict[str, Any]:
        return options.get(str(index)) or {}

    ours = next((i for i in range(len(urls)) if option(i).get(MARK)), None)
    place = urls.index(address) if address in urls else ours
    enabled = {i for i in range(len(urls)) if option(i).get("enable", True)}
    # Open WebUI's default. Without a key it answers nothing, but is asked for its models again and again.
    useless = [i for i in enabled if urls[i] == OPENAI and not keys[i]]
    if address in urls and config.get("ENABLE_OPENAI_API") and place in enabled and not useless:
        return Step(what, UNCHANGED)
    new_urls = list(config["OPENAI_API_BASE_URLS"])
    if place is None:
        place = len(new_urls)
        new_urls.append(address)
        keys.append("")
        options[str(place)] = {"auth_type": "none", MARK: True}
    new_urls[place] = address
    options[str(place)] = {**option(place), "enable": True}
    for index in useless:
        options[str(index)] = {**option(index), "enable": False}
    changes = {
        "ENABLE_OPENAI_API": True,
        "OPENAI_API_BASE_URLS": new_urls,
        "OPENAI_API_KEYS": keys,
        "OPENAI_API_CONFIGS": options,
    }
    webui.save_connections({**config, **changes})
    return Step(what, CREATED if len(new_urls) > len(urls) else UPDATED)


def _preset(webui: OpenWebUI, preset: Preset, reset: bool) -> Step:
    wanted = preset_body(preset)
    there = webui.find_preset(preset.id)
    if there is None:
        try:
            webui.create_preset(wanted)
        except Unauthorized as error:
            error.hint = (
                "Your account may not create models. Ask an administrator to allow it under Admin Panel, Users, Groups "
                "(Workspace: models), or for an administrator's key for OPENWEBUI_API_KEY."
            )
            raise
        return Step(preset.name, CREATED)
    changed = [name for name, value in _parts(wanted).items() if _parts(there).get(name) != value]
    if not changed:
        return Step(preset.name, UNCHANGED)
    edited = digest(_parts(there)) != (there.get("meta") or {}).get(MARK)
    if edited and not reset:
        note = f"edited: {', '.join(changed)}. RESET_PRESETS = True restores the course's values"
        return Step(preset.name, KEPT, note)
    webui.update_preset({**there, **wanted, "meta": {**(there.get("meta") or {}), **wanted["meta"]}})
    return Step(preset.name, UPDATED, f"changed: {', '.join(changed)}")


def _parts(body: dict[str, Any]) -> dict[str, Any]:
    """The parts of a preset that the course sets, by readable names. Everything else is the user's."""
    params, meta = body.get("params") or {}, body.get("meta") or {}
    return {
        "name": body.get("name"),
        "model": body.get("base_model_id"),
        "system message": params.get("system"),
        "seed": params.get("seed"),
        "temperature": params.get("temperature"),
        "longest answer": params.get("max_tokens"),
        "description": meta.get("description"),
        "suggested prompt": meta.get("suggestion_prompts"),
        "extras": {name: (meta.get("capabilities") or {}).get(name) for name in _EXTRAS},
    }
