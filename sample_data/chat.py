"""Requests that no tool of the catalogue or the exam could serve: conversation, opinions, writing."""

from __future__ import annotations

from random import Random

from sample_data import pools
from sample_data.phrasing import agree

_REQUESTS = (
    "Write a short poem about {topic}.",
    "Tell me a joke about {topic}.",
    "Why do people care so much about {topic}?",
    "What do you think about {topic}?",
    "How are you today, and have you heard about {topic}?",
    "Give me three arguments for and against {topic}.",
    "Who invented the {noun}?",
    "Explain {topic} to a ten-year-old.",
    "Write a limerick about {adjective} {noun}s.",
    "Do you prefer {adjective} {noun}s or {other} ones?",
    "What is the meaning of life, in the words of a {adjective} {noun}?",
    "Make up a bedtime story about a {adjective} {noun}.",
    "Can a {noun} fall in love with a {second}?",
    "What should I say to a friend who is obsessed with {topic}?",
    "Suggest a name for my new pet {noun}.",
    "Is {topic} a good subject for a school essay?",
    "Sing me something about the {adjective} {noun}.",
    "What would you do if you met a {adjective} {noun}?",
)


def small_talk(rng: Random) -> str:
    """A request in everyday words that calls for an answer, not for a tool."""
    adjective, other = rng.sample(pools.ADJECTIVES, 2)
    noun, second = rng.sample(pools.NOUNS, 2)
    topic = rng.choice(pools.TOPICS)
    request = rng.choice(_REQUESTS)
    return agree(request.format(topic=topic, adjective=adjective, other=other, noun=noun, second=second))
