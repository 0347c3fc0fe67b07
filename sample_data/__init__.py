"""The course's own sample of tool-calling rows, in the schema of xLAM: generated, seeded, free to use.

>>> data = generate(seed=42, rows=3600)
>>> data.training[0].keys()
dict_keys(['id', 'query', 'answers', 'tools'])
>>> data.splits().keys()
dict_keys(['training', 'validation', 'development', 'testing', 'practised'])

Choose with `development`, whose functions training never shows. `testing` is the exam, with functions of its own
(`sample_data.exam`), and `practised` one on functions that training shows: they are frozen and never used to choose.

Besides these there are three weeks of questions to a team's assistant, with tools of its own:

>>> questions = production_log(seed=42)
>>> corrected = with_feedback(questions.last_week)
"""

from sample_data.generate import SampleData, generate, write
from sample_data.production import FEEDBACK_SHARE, ProductionQuestions, production_log, with_feedback

__all__ = [
    "FEEDBACK_SHARE",
    "ProductionQuestions",
    "SampleData",
    "generate",
    "production_log",
    "with_feedback",
    "write",
]
