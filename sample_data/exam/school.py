"""A school, as pupils, parents and teachers see it."""
# ruff: noqa: E501  (a phrasing is one line, however long)

from __future__ import annotations

from random import Random

from sample_data import numbers as n
from sample_data import texts as t
from sample_data.exam import values as v
from sample_data.spec import Domain, Said, Sampler, function
from sample_data.spec import Parameter as P


def _weight(rng: Random) -> Said:
    """A round percentage, as exams have them: no exam counts 33.5%."""
    value = rng.randrange(20, 61, 5)
    return Said(f"{value}{rng.choice(['%', ' percent'])}", value / 100)


SUBJECT = t.any_of(
    "math physics chemistry biology history geography French Spanish Latin art music economics English".split()
)
CLASS = t.made(lambda rng: f"{rng.randint(5, 12)}{rng.choice('ABCD')}")
CLUB = t.any_of(["chess", "drama", "robotics", "choir", "pottery", "judo", "debating", "gardening", "cooking"])
WEIGHT = Sampler("percent to decimal", _weight)
TEACHER = t.made(lambda rng: f"{rng.choice(['Mr.', 'Ms.', 'Mrs.'])} {t.PERSON.draw(rng).text.split()[-1]}")

SCHOOL = Domain(
    "school",
    (
        function(
            "school.grade_needed",
            "Calculates the result that is needed in a final exam.",
            P("current", "int", "The grade so far, in percent.", n.percent(50, 74, 2)),
            P("target", "int", "The grade aimed at, in percent.", n.percent(75, 95)),
            P("exam_weight", "float", "The weight of the exam as a decimal (e.g., 0.2 for 20%).", WEIGHT),
            say="""
                I have {current} so far and the final exam counts {exam_weight}. What do I need in it to get {target}?
                What must I score in a final that counts {exam_weight} to move from {current} to {target}?
                Grade needed: now {current}, target {target}, exam counts {exam_weight}
                Calculate the exam result I need for {target} overall if I stand at {current} and the exam weighs {exam_weight}.
                My grade is {current} and I want {target}. The exam makes up {exam_weight}. What result do I need?
                If the exam counts {exam_weight}, what does a student with {current} need in it to reach {target}?
            """,
        ),
        function(
            "school.timetable",
            "Shows the lessons that a class has on a weekday.",
            P("class_name", "str", "The class, such as 7B.", CLASS),
            P("weekday", "str", "The day of the week.", t.any_of(t.WEEKDAYS[:5])),
            say="""
                Which lessons does class {class_name} have on {weekday}?
                What's on the timetable of {class_name} on {weekday}?
                Timetable {class_name}, {weekday}
                Show me the {weekday} timetable of class {class_name}.
                My son is in class {class_name}. What lessons does he have on {weekday}?
                Get the lessons of class {class_name} for {weekday}.
                Which lessons do class {class_name} and class {2:class_name} have on {weekday}?
            """,
        ),
        function(
            "school.report_absence",
            "Tells the school that a pupil stays at home.",
            P("pupil", "str", "The name of the pupil.", t.PERSON),
            P("day", "str", "The day, as said by the user.", v.DAY),
            P(
                "reason",
                "str, optional",
                "Why.",
                t.any_of("fever flu toothache chickenpox tonsillitis migraine asthma bronchitis".split()),
                "",
            ),
            say="""
                {pupil} can't come to school {day}. Let the school know.
                Tell the school that {pupil} won't be in class {day} because of {reason}.
                Absent: {pupil}, {day}, {reason}
                Excuse {pupil} from school {day}.
                Our {pupil} has to miss school {day} because of {reason}. Can you report it?
                Report to the school that {pupil} is absent {day}. The reason: {reason}
                Tell the school that {pupil} and {2:pupil} are both absent {day}.
            """,
        ),
        function(
            "school.join_club",
            "Puts a pupil down for an after-school club.",
            P("pupil", "str", "The name of the pupil.", t.PERSON),
            P("club", "str", "The club.", CLUB),
            say="""
                Sign {pupil} up for the {club} club at school.
                {pupil} would like to join the school's {club} club.
                {club} club: add {pupil}
                Put {pupil} down for the after-school {club} club.
                Is there room for {pupil} in the {club} club at school?
                My child {pupil} wants to be in the {club} club at school. Is that possible?
                Sign {pupil} up for the {club} club and {2:pupil} for the {2:club} club.
            """,
        ),
        function(
            "school.homework",
            "Lists the homework of a class in a subject.",
            P("class_name", "str", "The class, such as 7B.", CLASS),
            P("subject", "str", "The subject.", SUBJECT),
            say="""
                What homework does {class_name} have in {subject}?
                Is there any {subject} homework for class {class_name}?
                {subject} homework, {class_name}
                Tell me what class {class_name} has to do at home for {subject}.
                I'm in {class_name} and forgot to write down the {subject} homework. What is it?
                Look up the {subject} homework of class {class_name}.
                What homework does {class_name} have in {subject} and in {2:subject}?
            """,
        ),
        function(
            "school.exam_dates",
            "Lists when a class writes its exams.",
            P("class_name", "str", "The class, such as 7B.", CLASS),
            P("month", "str", "The month.", t.any_of([month for month in t.MONTHS if month not in ("July", "August")])),
            say="""
                When does class {class_name} write exams in {month}?
                Which exams does {class_name} have in {month}?
                Exams {class_name}, {month}
                Show me the exam dates of class {class_name} for {month}.
                My daughter is in {class_name}. Are there exams in {month}?
                List all exams that class {class_name} takes in {month}.
                Which exams does {class_name} have in {month} and in {2:month}?
            """,
        ),
        function(
            "school.parent_talk",
            "Arranges for a parent to talk to a teacher.",
            P("teacher", "str", "The teacher, as said by the user.", TEACHER),
            P("time", "str", "When, as said by the user.", v.APPOINTMENT),
            say="""
                I'd like to talk to my son's teacher, {teacher}, {time}.
                Arrange a talk between me and the teacher {teacher} {time}.
                Parent talk: {teacher}, {time}
                Does {teacher} have time {time} to talk about my daughter's grades?
                Set up a meeting {time} with {teacher}, who teaches my son.
                My wife and I want to see {teacher} {time} about our daughter's schoolwork. Arrange it.
            """,
        ),
        function(
            "school.canteen_menu",
            "Tells what the school canteen serves.",
            P("weekday", "str", "The day of the week.", t.any_of(t.WEEKDAYS[:5])),
            P(
                "vegetarian",
                "bool, optional",
                "Whether to list only dishes without meat.",
                t.switch(
                    ["only the meatless dishes", "nothing with meat"], ["with or without meat", "meat dishes included"]
                ),
                "False",
            ),
            say="""
                What's for lunch at the school canteen on {weekday}?
                What does the school canteen serve on {weekday}, {vegetarian}?
                Canteen menu {weekday}, {vegetarian}
                Show me the menu of the canteen for {weekday}.
                My kids eat at school on {weekday}. What does the canteen serve?
                Tell me what the school canteen has on {weekday}, {vegetarian}.
                What's on the school canteen's menu on {weekday} and on {2:weekday}?
            """,
        ),
    ),
)
