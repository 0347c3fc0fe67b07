"""Running the rails of one config on one message, and what each of them said."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nemoguardrails import LLMRails

log = logging.getLogger(__name__)

# Seconds for all rails of one message together. A server that sends a byte now and then would hold it up forever.
DEADLINE_SECONDS = 60.0
NO_VERDICT = "No verdict was possible, so the message is blocked"
# Said of every pass by a self-check, since it looks like one by a safety model.
SELF_JUDGED = (
    "Judged safe by the guarded model itself. That is worth no more than its own judgement of right and wrong."
)


@dataclass
class Verdict:
    """What one rail said about one message.

    Args:
        rail: its name, as the config has it.
        direction: ``"input"`` or ``"output"``.
        status: ``"success"``, ``"blocked"``, or ``"unknown"`` where an earlier rail had blocked already.
        reason: in words.
        judged: whether a model gave a verdict; False for a block without one.
        categories: of the content-safety policy that are violated.
        seconds: it took.
        model_calls: the library's record of each question to a model.
    """

    rail: str
    direction: str
    status: str
    reason: str = ""
    judged: bool = False
    categories: list[str] = field(default_factory=list)
    seconds: float = 0.0
    model_calls: list[dict[str, Any]] = field(default_factory=list)

    def log_entry(self) -> dict[str, Any]:
        """The rail as the API's log of activated rails has it."""
        info = {"status": self.status, "reason": self.reason, "policy_violations": self.categories}
        return {
            "type": self.direction,
            "name": self.rail,
            "decisions": ["continue" if self.status == "success" else "stop"],
            "stop": self.status != "success",
            "duration": self.seconds,
            "additional_info": info,
        }


async def run_rails(rails: LLMRails, direction: str, names: list[str], user: str, bot: str | None) -> list[Verdict]:
    """Run rails of one direction on a message.

    A rail has passed a message only where the library's record shows that its check was carried out and allowed it.
    Everything else, an error, a missing record, a verdict that cannot be read, is a block.

    Args:
        rails: of the config.
        direction: ``"input"`` or ``"output"``.
        names: the rails to run.
        user: what the user wrote.
        bot: what the model answered; None for input rails.

    Returns:
        A verdict for each name, in their order.
    """
    from nemo_local.guardrails import library

    messages = [{"role": "user", "content": user}]
    if bot is not None:
        messages.append({"role": "assistant", "content": bot})
    selected = {kind: names if kind == direction else False for kind in ("input", "output")}
    options = {
        "rails": {**selected, "dialog": False, "retrieval": False, "tool_input": False, "tool_output": False},
        "log": {"activated_rails": True},
    }
    problems: list[str] = []
    library.problems.set(problems)
    activated: list[Any] = []
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            # An empty state keeps the library from remembering the conversation for the next request.
            response = await rails.generate_async(messages=messages, options=options, state={})
        activated = response.log.activated_rails
    except TimeoutError:
        problems.append(f"no answer within {DEADLINE_SECONDS:g} s")
    except Exception as error:
        log.info("%s rails ended with %s", direction, type(error).__name__)
        if not problems:
            problems.append(" ".join(str(error).split())[:300] or type(error).__name__)
    return _verdicts(direction, names, activated, problems)


def _verdicts(direction: str, names: list[str], activated: list[Any], problems: list[str]) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for name in names:
        if verdicts and verdicts[-1].status != "success":
            verdicts.append(Verdict(name, direction, "unknown", "Not run: an earlier rail has blocked the message."))
            continue
        record = next((rail for rail in activated if (rail.type, rail.name) == (direction, name)), None)
        verdicts.append(_verdict(name, direction, record, problems))
    return verdicts


def _verdict(name: str, direction: str, record: Any, problems: list[str]) -> Verdict:
    calls = [call for action in record.executed_actions for call in action.llm_calls] if record else []
    outcomes = (
        [a.return_value for a in record.executed_actions if hasattr(a.return_value, "decision")] if record else []
    )
    verdict = Verdict(name, direction, "blocked", seconds=(record.duration or 0.0) if record else 0.0)
    verdict.model_calls = [call.model_dump(mode="json", exclude={"raw_response"}) for call in calls]
    if len(outcomes) == 1 and outcomes[0].decision.value == "allow" and not record.stop and not problems:
        verdict.status, verdict.judged = "success", True
        verdict.reason = SELF_JUDGED if name.startswith("self check") else "Judged safe."
    elif len(outcomes) == 1 and outcomes[0].is_blocked and not problems and _says_unsafe(calls):
        verdict.judged = True
        verdict.categories = [name for name in outcomes[0].metadata.get("policy_violations", []) if name]
        verdict.reason = "Judged unsafe" + (f": {', '.join(verdict.categories)}." if verdict.categories else ".")
    elif problems:
        verdict.reason = f"{NO_VERDICT}: {problems[0]}"
    elif calls:
        verdict.reason = f"{NO_VERDICT}: {calls[-1].llm_model_name} answered {(calls[-1].completion or '')[:80]!r}."
    else:
        verdict.reason = f"{NO_VERDICT}: the rail left no record of its check (is it longer than the prompt may be?)."
    return verdict


def _says_unsafe(calls: list[Any]) -> bool:
    """Whether the model itself said so. The library also blocks where it says neither one nor the other."""
    answer = (calls[-1].completion or "") if calls else ""
    return "unsafe" in answer or "yes" in answer.lower()
