"""Three weeks of questions to a team's assistant: new to the sample, fair to answer, flawed only where it says so."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import datetime
from itertools import combinations

import pytest

from flywheel_helpers.data.schema_values import fits
from flywheel_helpers.data.tool_schema import ConversionCounts
from flywheel_helpers.data.xlam import convert, to_evaluation_row
from sample_data import generate, production_log, with_feedback
from sample_data.assistant import DOMAINS, TOOLS
from sample_data.assistant.chatty import in_use
from sample_data.assistant.no_tool import MISSING, SMALL_TALK
from sample_data.defects import DEFECTS
from sample_data.production import NEAR, WEEKS, similarity, words
from sample_data.spec import PLACEHOLDER

# As committed. A change here is a change of the course's data: its results must be measured anew.
DIGEST = "40f69d3870706a5c0db58bf796c8579bfb2dde4d3da7dd0b7ed06698958af8b9"
PERSONAL = {
    "e-mail address": re.compile(r"\S+@\S+"),
    "phone number": re.compile(r"(\+\d+|\b07700)( \d+)+"),
    "account number": re.compile(r"\bDE\d{20}\b"),
}


@pytest.fixture(scope="module")
def log():
    return production_log()


@pytest.fixture(scope="module")
def everything(log):
    return [row for rows in log.weeks().values() for row in rows]


@pytest.fixture(scope="module")
def planted(log):
    """The rows with a defect, and those they repeat, by kind."""
    rows = {row["id"]: row for row in log.last_week}
    return {kind: [(rows[one.id], rows.get(one.of)) for one in log.planted if one.kind == kind] for kind in DEFECTS}


def offered(row) -> set[str]:
    return {tool["name"] for tool in json.loads(row["tools"])}


def problem(row, text: str) -> str | None:
    """What is wrong with calls by the rules of their tools, found without the generator's help."""
    try:
        calls = json.loads(text)
    except ValueError:
        return "malformed"
    tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in to_evaluation_row(row)["tools"]}
    for call in calls:
        if call["name"] not in tools:
            return "tool not on offer"
        schema, arguments = tools[call["name"]], call["arguments"]
        known = schema["properties"]
        if not set(schema["required"]) <= arguments.keys() <= known.keys():
            return "schema violation"
        if not all(fits(value, known[name]) for name, value in arguments.items()):
            return "schema violation"
    return None


class TestWeeks:
    def test_same_seed_same_rows(self, everything):
        assert everything == [row for rows in production_log(42).weeks().values() for row in rows]
        assert hashlib.sha256(json.dumps(everything).encode()).hexdigest() == DIGEST
        assert not {row["query"] for row in everything} & {row["query"] for row in production_log(43).this_week[:20]}

    def test_sizes_and_needs(self, log):
        added = sum(count for kind, count in DEFECTS.items() if kind in ("duplicate", "near-duplicate", "conflict"))
        assert len(log.last_week) == 440 + added
        assert len(log.development_week) == 200
        for rows in log.weeks().values():
            needs = Counter(row["need"] for row in rows)
            assert 0.12 <= needs["two calls"] / len(rows) <= 0.17
            assert 0.08 <= needs["no tool"] / len(rows) <= 0.12
            number = {"one call": 1, "two calls": 2, "no tool": 0}
            assert all(len(json.loads(row["answers"])) == number[row["need"]] for row in rows)
        assert len(log.this_week) >= 220
        assert sum(row["need"] == "one call" for row in log.this_week) >= 160

    def test_time_order_and_office_hours(self, log, everything):
        assert [row["id"] for row in everything] == [f"q{n:04d}" for n in range(1, len(everything) + 1)]
        times = [datetime.fromisoformat(row["time"]) for row in everything]
        assert times == sorted(times)
        assert all(time.weekday() < 5 and 8 <= time.hour <= 18 for time in times)
        mondays = {name: datetime.fromisoformat(monday).isocalendar()[:2] for name, (monday, _) in WEEKS.items()}
        for name, rows in log.weeks().items():
            assert {datetime.fromisoformat(row["time"]).isocalendar()[:2] for row in rows} == {mondays[name]}
            assert all(f"T{hour:02d}" in str([row["time"] for row in rows]) for hour in range(8, 18))

    def test_users_are_pseudonyms_and_some_ask_more(self, everything):
        users = Counter(row["user"] for row in everything)
        assert all(re.fullmatch(r"user-[0-9a-f]{8}", user) for user in users)
        assert len(users) > 15 and users.most_common(1)[0][1] > 3 * min(users.values())


class TestTools:
    def test_fifteen_in_domains_of_three(self):
        assert [len(domain.functions) for domain in DOMAINS] == [3] * 5
        assert len(TOOLS) == 15

    @pytest.mark.parametrize("name", TOOLS)
    def test_a_tool_is_whole(self, name):
        tool = TOOLS[name]
        assert tool.description and all(one.description for one in tool.parameters)
        assert len(tool.parameters) <= 6
        assert len(set(tool.phrasings)) == len(tool.phrasings) >= 12
        known = {one.name for one in tool.parameters}
        needed = {one.name for one in tool.parameters if "optional" not in one.type}
        said = [{blank for _, blank in PLACEHOLDER.findall(line)} for line in tool.lines]
        assert set().union(*said) == known
        assert all(needed <= blanks for blanks in said)
        for week in WEEKS:  # what is said in a week can teach, or ask for, every parameter and every one left out
            said = [{blank for _, blank in PLACEHOLDER.findall(line)} for line in in_use(tool.phrasings, week)]
            assert set().union(*said) == known
            assert set.intersection(*said) == needed

    def test_conversion_changes_nothing(self, everything):
        result = convert(everything, to_evaluation_row)
        assert len(result.rows) == len(everything)
        assert result.counts == ConversionCounts()

    def test_a_handful_is_on_offer(self, everything):
        counts, places, near = Counter(), Counter(), 0
        domain_of = {tool.name: domain.name for domain in DOMAINS for tool in domain.functions}
        for row in everything:
            names = [tool["name"] for tool in json.loads(row["tools"])]
            counts[len(names)] += 1
            called = {call["name"] for call in json.loads(row["answers"])}
            assert called <= set(names) and len(set(names)) == len(names) > len(called)
            if row["need"] == "one call":
                (right,) = called
                near += any(domain_of[name] == domain_of[right] for name in set(names) - called)
                if len(names) == 3:
                    places[names.index(right)] += 1
        assert set(counts) == {3, 4, 5, 6}
        assert near / sum(row["need"] == "one call" for row in everything) > 0.6
        assert min(places.values()) / sum(places.values()) > 0.27


def readings(value) -> list[str]:
    """Ways to write a value in a question, by the rules that the tools' descriptions state."""
    text = str(value)
    if match := re.fullmatch(r"(\d+) (January|February|April|May|June)", text):
        day, month = match.groups()
        return [text, f"{month} {day}", *(f"{day}{ending} of {month}" for ending in ("st", "nd", "rd", "th"))]
    if re.fullmatch(r"\d\d:\d\d", text):
        return [text, text.removeprefix("0"), *(["noon"] if text == "12:00" else [])]
    if weekday := re.fullmatch("(Mon|Tue|Wed|Thu|Fri)[a-z]*day", text):
        return [weekday[1]]
    if isinstance(value, bool):
        return ["urgent", "high priority"] if value else ["not urgent", "low priority"]
    if isinstance(value, int | float):
        spoken = {2: ["two"], 3: ["three"], 4: ["four"], 5: ["five"], 15: ["quarter of an hour"], 30: ["half an hour"]}
        spoken |= {60: ["an hour", "1h"], 120: ["two hours"]}
        return [text, f"{value:.2f}", *spoken.get(value, [])]
    other = {"tomorrow": ["tmrw"], "meal": ["lunch", "dinner", "breakfast"], "taxi": ["a cab"]}
    return [text, *other.get(text, [])]


def test_every_argument_can_be_read_from_the_question(everything):
    checked = 0
    for row in everything:
        for call in json.loads(row["answers"]):
            for value in call["arguments"].values():
                for one in value if isinstance(value, list) else [value]:
                    found = any(
                        re.search(rf"(?<!\w)(?<!\d[.:]){re.escape(text)}(?!:?\d|\.\d)", row["query"], re.IGNORECASE)
                        for text in readings(one)
                    )
                    assert found, (row["query"], one)
                    checked += 1
    assert checked > 2500


def test_the_english_is_tidy(everything):
    for row in everything:
        assert not re.search(r"[{}]|  |\.\.\s|\?\?|,\.|\ba [aeio]\w", row["query"]), row["query"]


class TestWhatIsShared:
    def test_no_tool_and_no_question_with_the_sample(self, everything):
        sample = [row for rows in generate().splits().values() for row in rows]
        assert not set(TOOLS) & {tool["name"] for row in sample for tool in json.loads(row["tools"])}
        known = {words(row["query"]) for row in sample}
        for row in everything:
            tokens = words(row["query"])
            # Sets of very different sizes cannot be alike.
            alike = (other for other in known if NEAR <= len(other) / len(tokens) <= 1 / NEAR)
            assert all(similarity(tokens, other) < NEAR for other in alike), row["query"]

    def test_no_question_is_near_another_but_where_planted(self, log, everything):
        tokens = [(row["id"], words(row["query"])) for row in everything]
        near = {(a, b) for (a, one), (b, other) in combinations(tokens, 2) if similarity(one, other) >= NEAR}
        assert near == {(one.of, one.id) for one in log.planted if one.of}

    def test_similarity(self):
        assert similarity(words("Book Fuji, please!"), words("book fuji please")) == 1
        assert similarity(words("book Fuji at 10:00"), words("book Etna at 10:15")) == 3 / 7
        assert similarity(words("book it"), words("thank you")) == 0

    @pytest.mark.parametrize("name", TOOLS)
    def test_a_third_of_the_phrasings_is_new_this_week(self, name):
        phrasings = TOOLS[name].phrasings
        before = {*in_use(phrasings, "last_week"), *in_use(phrasings, "development_week")}
        new = set(in_use(phrasings, "this_week")) - before
        assert len(new) >= len(phrasings) / 3
        assert set(in_use(phrasings, "development_week")) > set(in_use(phrasings, "last_week"))

    def test_new_phrasings_occur_this_week_and_never_before(self, log):
        """Told by the longest words between the blanks, of those phrasings whose words no older phrasing has."""
        texts = {name: "\n".join(row["query"] for row in rows).casefold() for name, rows in log.weeks().items()}
        weeks_before = ("last_week", "development_week")
        asked = [*TOOLS.values(), SMALL_TALK, *MISSING.values()]
        older = {line.casefold() for one in asked for week in weeks_before for line in in_use(one.phrasings, week)}
        checked = seen = 0
        for tool in TOOLS.values():
            for phrasing in {line.casefold() for line in in_use(tool.phrasings, "this_week")} - older:
                mark = max((part.strip(" .?") for part in re.split(r"\{.*?\}", phrasing)), key=len)
                if len(mark) > 8 and not any(mark in line for line in older):
                    checked += 1
                    seen += mark in texts["this_week"]
                    assert not any(mark in texts[week] for week in weeks_before), phrasing
        assert checked > 50 and seen > checked / 2


class TestDefects:
    def test_kinds_and_counts(self, log):
        assert Counter(one.kind for one in log.planted) == DEFECTS
        flawed = [one.id for one in log.planted]
        assert len(set(flawed)) == len(flawed)
        assert not set(flawed) & {one.of for one in log.planted}

    def test_corrections_are_right_where_nothing_is_planted(self, log, everything):
        flawed = {one.id for one in log.planted}
        for row in everything:
            assert problem(row, row["answers"]) is None
            if row["id"] not in flawed:
                assert row["correction"] == row["answers"]

    @pytest.mark.parametrize("kind", ["malformed", "schema violation", "tool not on offer"])
    def test_flawed_corrections(self, kind, planted):
        assert [problem(row, row["correction"]) for row, _ in planted[kind]] == [kind] * DEFECTS[kind]

    def test_schema_violations_are_of_three_sorts(self, planted):
        sorts = Counter()
        for row, _ in planted["schema violation"]:
            (right,), (wrong,) = json.loads(row["answers"]), json.loads(row["correction"])
            sorts[len(wrong["arguments"]) - len(right["arguments"])] += 1
        assert sorts == {-1: 3, 0: 3, 1: 3}

    def test_repetitions(self, planted):
        for kind in ("duplicate", "near-duplicate", "conflict"):
            for row, original in planted[kind]:
                assert row["time"] > original["time"]
                assert row["answers"] == original["answers"] and row["tools"] == original["tools"]
                assert (row["query"] == original["query"]) == (kind != "near-duplicate")
                assert similarity(words(row["query"]), words(original["query"])) >= NEAR
                assert (row["correction"] == original["correction"]) == (kind != "conflict")
                assert problem(row, row["correction"]) is None
        assert {row["correction"] == "[]" for row, _ in planted["conflict"]} == {True, False}

    @pytest.mark.parametrize("kind", PERSONAL)
    def test_personal_data(self, kind, planted, everything):
        mine = [row for row, _ in planted[kind]]
        assert [row for row in everything if PERSONAL[kind].search(row["query"])] == sorted(
            mine, key=lambda row: row["id"]
        )
        in_arguments = sum(bool(PERSONAL[kind].search(row["answers"])) for row in mine)
        assert 0 < in_arguments < len(mine), "in an argument where a mail is dictated, in the question alone elsewhere"
        assert all(row["correction"] == row["answers"] for row in mine)

    def test_account_numbers_have_a_right_checksum(self, planted):
        for row, _ in planted["account number"]:
            number = PERSONAL["account number"].search(row["query"])[0]
            assert int(f"{number[4:]}1314{number[2:4]}") % 97 == 1


class TestFeedback:
    def test_share(self, log):
        chosen = with_feedback(log.last_week)
        assert len(chosen) == round(0.6 * len(log.last_week))
        ids = [row["id"] for row in chosen]
        assert ids == sorted(ids)
        assert with_feedback(log.last_week, 0) == []
        assert with_feedback(log.last_week, 1) == log.last_week

    def test_seeded_and_nested(self, log):
        ids = {(share, seed): {row["id"] for row in with_feedback(log.last_week, share, seed)}
               for share in (0.3, 0.6) for seed in (42, 43)}  # fmt: skip
        assert ids[0.3, 42] < ids[0.6, 42]
        assert ids[0.6, 42] != ids[0.6, 43]
        assert with_feedback(log.last_week, 0.6, 42) == with_feedback(log.last_week)

    @pytest.mark.parametrize("share", [-0.1, 1.1, 60])
    def test_not_a_share(self, share):
        with pytest.raises(ValueError, match="not from 0 to 1"):
            with_feedback([], share)
