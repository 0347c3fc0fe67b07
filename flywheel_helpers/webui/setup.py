"""What the course needs in Open WebUI: a connection to the models, and two presets. A second run changes nothing.

A preset that somebody changed by hand stays as it is: it carries a fingerprint of what the course wrote last, and one
that no longer fits means that the words in it are now somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flywheel_helpers.data import examples, xlam
from flywheel_helpers.errors import PlatformError, Unauthorized
from flywheel_helpers.services.jobs import digest
from flywheel_helpers.webui.client import OpenWebUI
from tool_calling import prompt

MARK = "flywheel"  # under this key Open WebUI keeps what is ours to remember
MAX_TOKENS = 200  # as in the evaluation of notebook 03; a base model can ramble
# Each of these would put something beside the question: tools of Open WebUI's own, or texts that it finds.
_EXTRAS = ("builtin_tools", "code_interpreter", "file_context", "file_upload", "image_generation", "memory")
_EXTRAS += ("vision", "web_search")


@dataclass(frozen=True)
class Preset:
    """A model with the tool selector's instructions, as people find it in the list of models."""

    id: str
    name: str
    model: str


@dataclass(frozen=True)
class Step:
    """One thing that was seen to, and what became of it: made now, brought up to date, as it should be, or kept."""

    what: str
    outcome: str
    note: str = ""


def presets(namespace: str, models: dict[str, str]) -> dict[str, Preset]:
    """The presets of the course, by what they stand for.

    Args:
        namespace: of config.py; two people with different ones have presets of their own.
        models: names of the models, such as `{"tuned": "ada/caller@v1"}`.
    """
    return {
        kind: Preset(f"{namespace}-tool-selector-{kind.replace(' ', '-')}", f"Tool selector ({kind})", model)
        for kind, model in models.items()
    }


def example_text() -> str:
    """The course's example as a person pastes it into the chat."""
    row = xlam.to_evaluation_row(examples.EXAMPLE)
    return prompt.question_text(row["messages"][0]["content"], row["tools"])


def provision(webui: OpenWebUI, models: dict[str, str], reset: bool = False) -> list[Step]:
    """Bring the connection and the presets about.

    Args:
        webui: signed in.
        models: as for `presets`.
        reset: put back presets that were changed by hand.

    Raises:
        Unauthorized: we may not change what has to be changed; the hint says what an administrator has to do.
        PlatformError: the models do not appear in Open WebUI although the connection is there.
    """
    steps = [_connection(webui, models)]
    served = webui.served_models()
    if missing := [model for model in models.values() if model not in served]:
        raise PlatformError(
            f"Open WebUI does not list {' and '.join(missing)}, although it has the connection.",
            f"From where it runs it must reach {_address(webui)}. See whether the models are served: "
            f"{webui.settings.nim_url}/v1/models",
        )
    steps += [_preset(webui, preset, reset) for preset in presets(webui.settings.namespace, models).values()]
    webui.served_models()  # it knows presets made since it last made its list only when asked for a new one
    return steps


def preset_body(preset: Preset) -> dict[str, Any]:
    """A preset as Open WebUI stores it."""
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
    """Where Open WebUI, which runs beside the platform and not here, finds the models."""
    return f"{webui.settings.nim_internal_url or webui.settings.nim_url}/v1"


def _connection(webui: OpenWebUI, models: dict[str, str]) -> Step:
    address = _address(webui)
    what = f"connection to {address}"
    try:
        config = webui.connections()
    except Unauthorized as error:
        if set(models.values()) <= set(webui.served_models()):
            return Step(what, "kept", "only an administrator sees it; its models are there")
        error.hint = (
            f"Your account may not change connections. Ask an administrator to add {address} under Admin Panel, "
            "Settings, Connections, or to give you an administrator's key in OPENWEBUI_API_KEY."
        )
        raise
    urls = [url.rstrip("/") for url in config["OPENAI_API_BASE_URLS"]]
    options = dict(config.get("OPENAI_API_CONFIGS") or {})
    ours = next((i for i in range(len(urls)) if (options.get(str(i)) or {}).get(MARK)), None)
    place = urls.index(address) if address in urls else ours
    switched_on = config.get("ENABLE_OPENAI_API") and (options.get(str(place)) or {}).get("enable", True)
    if address in urls and switched_on:
        return Step(what, "as it should be")
    new_urls, keys = list(config["OPENAI_API_BASE_URLS"]), list(config["OPENAI_API_KEYS"])
    if place is None:
        place = len(new_urls)
        new_urls.append(address)
        keys += [""] * (len(new_urls) - len(keys))
        options[str(place)] = {"auth_type": "none", MARK: True}
    new_urls[place] = address
    options[str(place)] = {**(options.get(str(place)) or {}), "enable": True}
    changes = {
        "ENABLE_OPENAI_API": True,
        "OPENAI_API_BASE_URLS": new_urls,
        "OPENAI_API_KEYS": keys,
        "OPENAI_API_CONFIGS": options,
    }
    webui.save_connections({**config, **changes})
    return Step(what, "made now" if len(new_urls) > len(urls) else "brought up to date")


def _preset(webui: OpenWebUI, preset: Preset, reset: bool) -> Step:
    wanted = preset_body(preset)
    there = webui.find_preset(preset.id)
    if there is None:
        try:
            webui.create_preset(wanted)
        except Unauthorized as error:
            error.hint = (
                "Your account may not make models. Ask an administrator to allow it under Admin Panel, Users, Groups "
                "(Workspace: models), or for an administrator's key in OPENWEBUI_API_KEY."
            )
            raise
        return Step(preset.name, "made now")
    changed = [name for name, value in _parts(wanted).items() if _parts(there).get(name) != value]
    if not changed:
        return Step(preset.name, "as it should be")
    edited = digest(_parts(there)) != (there.get("meta") or {}).get(MARK)
    if edited and not reset:
        words = ", ".join(changed)
        return Step(preset.name, "kept", f"changed by hand: {words}. RESET_PRESETS = True puts the course's words back")
    webui.update_preset({**there, **wanted, "meta": {**(there.get("meta") or {}), **wanted["meta"]}})
    return Step(preset.name, "brought up to date", f"changed: {', '.join(changed)}")


def _parts(body: dict[str, Any]) -> dict[str, Any]:
    """What the course decides of a preset, by a name people understand. All else is left to whoever edits it."""
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
