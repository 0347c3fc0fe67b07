"""A team's assistant: its closed set of fifteen tools, none of them among the functions of the course's sample."""

from __future__ import annotations

from sample_data.assistant.mail import MAIL
from sample_data.assistant.meetings import MEETINGS
from sample_data.assistant.money import MONEY
from sample_data.assistant.rooms import ROOMS
from sample_data.assistant.travel import TRAVEL
from sample_data.spec import Domain, Function

DOMAINS: tuple[Domain, ...] = (MEETINGS, ROOMS, MAIL, TRAVEL, MONEY)
TOOLS: dict[str, Function] = {tool.name: tool for domain in DOMAINS for tool in domain.functions}
