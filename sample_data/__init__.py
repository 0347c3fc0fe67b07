"""The course's own sample of tool-calling rows, in the schema of xLAM: generated, seeded, free to use.

>>> data = generate(seed=42, rows=3600)
>>> data.training[0].keys()
dict_keys(['id', 'query', 'answers', 'tools'])
"""

from sample_data.generate import SampleData, generate, write

__all__ = ["SampleData", "generate", "write"]
