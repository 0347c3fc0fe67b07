"""One request through the rails of its configs: which texts are judged, by what, and what comes of it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from nemo_local.common.errors import Invalid
from nemo_local.guardrails.configs import Configs, digest
from nemo_local.guardrails.judged_texts import asked, said
from nemo_local.guardrails.main_model import MainModel
from nemo_local.guardrails.rails import Verdict, run_rails
from nemo_local.guardrails.schemas import ModelBody, RailsOptions
from nemo_local.guardrails.validation import flows
from nemo_local.settings import Settings

if TYPE_CHECKING:
    from nemoguardrails import LLMRails

# What a client gets in place of an answer: the library's own words, and ours where nothing was judged.
REFUSAL = "I'm sorry, I can't respond to that."
UNJUDGED = "I can't respond: the safety check gave no verdict on this message. This says nothing about the message."
_KEPT_RAILS = 16


@dataclass
class Guard:
    """The rails of one request, and what they have said so far.

    Args:
        rails: built rails and the flows selected of them (direction to names), by the id of their config.
        model: the guarded model.
    """

    rails: dict[str, tuple[LLMRails, dict[str, list[str]]]]
    model: MainModel
    log_model_calls: bool = False
    verdicts: list[Verdict] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    def has(self, direction: str) -> bool:
        """Whether there are rails of this direction."""
        return any(selected[direction] for _, selected in self.rails.values())

    @property
    def blocked(self) -> bool:
        """Whether anything but a pass was said."""
        return any(verdict.status != "success" for verdict in self.verdicts)

    async def judge_input(self, texts: list[str]) -> None:
        """Run the input rails on what the user wrote.

        On every message of the user and not only the last: the service keeps no conversations, so an earlier one
        may never have been judged.
        """
        await self._judge("input", [(text, None) for text in dict.fromkeys(map(asked, texts))])

    async def judge_output(self, user: str, choices: list[dict[str, Any]]) -> None:
        """Run the output rails on every choice of an answer, or on a message of an assistant."""
        await self._judge("output", [(asked(user), text) for text in dict.fromkeys(map(said, choices))])

    async def _judge(self, direction: str, texts: list[tuple[str, str | None]]) -> None:
        runs = [
            # A task each: the library keeps what belongs to a request in context variables.
            asyncio.create_task(run_rails(rails, direction, selected[direction], user, bot))
            for rails, selected in self.rails.values()
            if selected[direction]
            for user, bot in texts
        ]
        for verdicts in await asyncio.gather(*runs):
            self.verdicts += verdicts

    def rails_status(self) -> dict[str, dict[str, str]]:
        """Each rail's status. One that was run on several messages has the worst."""
        order = ("success", "unknown", "blocked")
        worst: dict[str, str] = {}
        for verdict in self.verdicts:
            worst[verdict.rail] = max(worst.get(verdict.rail, "success"), verdict.status, key=order.index)
        return {rail: {"status": status} for rail, status in worst.items()}

    def reason(self) -> str:
        """Why the message is blocked, in words."""
        blocked = next((verdict for verdict in self.verdicts if verdict.status == "blocked"), None)
        return f"{blocked.rail}: {blocked.reason}" if blocked else ""

    def refusal(self) -> str:
        """What the client gets in place of an answer."""
        blocked = [verdict for verdict in self.verdicts if verdict.status == "blocked"]
        return UNJUDGED if blocked and not any(verdict.judged for verdict in blocked) else REFUSAL

    def data(self) -> dict[str, Any]:
        """The ``guardrails_data`` of an answer."""
        calls = [call for verdict in self.verdicts for call in verdict.model_calls]
        durations = {
            f"{direction}_rails_duration": sum(v.seconds for v in self.verdicts if v.direction == direction)
            for direction in ("input", "output")
        }
        log: dict[str, Any] = {
            "activated_rails": [v.log_entry() for v in self.verdicts if v.status != "unknown"],
            "stats": {
                **durations,
                "llm_calls_count": len(calls),
                "llm_calls_duration": sum(call.get("duration") or 0.0 for call in calls),
                "total_duration": time.monotonic() - self._started,
            },
        }
        if self.log_model_calls:
            log["llm_calls"] = calls
        data: dict[str, Any] = {"config_ids": list(self.rails), "log": log}
        return {**data, "output_data": {"blocked_because": self.reason()}} if self.blocked else data


class GuardRoom:
    """Makes the guard of each request; built rails are kept for the next one.

    Args:
        settings: where the NIM proxy answers.
        configs: the stored ones.
        http: client for all models.
    """

    def __init__(self, settings: Settings, configs: Configs, http: httpx.AsyncClient) -> None:
        self._settings, self._configs, self._http = settings, configs, http
        self._built: OrderedDict[str, LLMRails] = OrderedDict()
        self._building = asyncio.Lock()
        self._loaded = False

    @property
    def nim(self) -> MainModel:
        """The NIM proxy."""
        return MainModel(self._http, f"{self._settings.nim_url}/v1")

    async def load(self) -> None:
        """Load the library, in a thread: it takes seconds, in which the other services shall answer."""
        async with self._building:
            if not self._loaded:
                await asyncio.to_thread(self._load)
                self._loaded = True

    async def guard(self, body: ModelBody) -> Guard:
        """The guard of a request. Raises Invalid and NotFound for what is wrong with its ``guardrails``."""
        await self.load()
        options = body.guardrails.options
        configs = self._configs.of_request(body.guardrails)
        selected = {name: _selected(data, options.rails) for name, data in configs.items()}
        rails = {
            name: (await self._rails(data, body.model, f"guardrails.config ({name})"), selected[name])
            for name, data in configs.items()
        }
        model = MainModel.of_configs(self._http, list(configs.values()), self._settings.nim_url)
        return Guard(rails, model, options.log.llm_calls)

    def _load(self) -> None:
        from nemo_local.guardrails import library

        library.load(self._http, self._settings.nim_url, f"nemo-local-{id(self)}")

    async def _rails(self, data: dict[str, Any], model: str, field: str) -> LLMRails:
        library = sys.modules["nemo_local.guardrails.library"]
        key = digest([data, model])
        async with self._building:
            if key not in self._built:
                self._built[key] = await asyncio.to_thread(library.build, data, model, field)
                while len(self._built) > _KEPT_RAILS:
                    self._built.popitem(last=False)
            self._built.move_to_end(key)
            return self._built[key]


def _selected(data: dict[str, Any], options: RailsOptions) -> dict[str, list[str]]:
    """The rails of a config that a request wants run."""
    selected = {}
    for direction in ("input", "output"):
        there, wanted = flows(data, direction), getattr(options, direction)
        if isinstance(wanted, list):
            if unknown := [name for name in wanted if name not in there]:
                raise Invalid(
                    f"guardrails.options.rails.{direction}",
                    f"the config has no rail {unknown[0]!r}; it has {', '.join(there) or 'none'}.",
                )
            there = wanted
        selected[direction] = there if wanted else []
    return selected
