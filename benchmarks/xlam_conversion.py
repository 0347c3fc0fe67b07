"""How long the conversion of as many rows as xLAM has takes: `python benchmarks/xlam_conversion.py [--rows 60000]`.

The rows are generated: xLAM itself is gated. Reading and writing JSON text is part of the measure, as in the course.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from flywheel_helpers.data import xlam

LIMIT_SECONDS = 30.0
XLAM_ROWS = 60_000


def measure(rows: int) -> float:
    """Seconds to read, convert and write this many rows."""
    sample = xlam.load_sample().training
    source = [sample[i % len(sample)] for i in range(rows)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "xlam.json"
        path.write_text(json.dumps(source), encoding="utf-8")
        start = time.perf_counter()
        result = xlam.convert(xlam.load_xlam(path))
        written = xlam.write_jsonl(result.rows, Path(folder) / "training.jsonl")
        seconds = time.perf_counter() - start
    if written != rows:
        raise SystemExit(f"only {written} of {rows} rows were converted: {dict(result.counts.skipped)}")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=XLAM_ROWS)
    rows = parser.parse_args().rows
    seconds = measure(rows)
    limit = LIMIT_SECONDS * rows / XLAM_ROWS
    print(f"{rows} rows in {seconds:.1f} s ({rows / seconds:,.0f} rows/s; the limit is {limit:.1f} s)")
    if seconds > limit:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
