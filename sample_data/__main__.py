"""`python -m sample_data --output DIR`: write the sample as JSONL files, one for each split."""

from __future__ import annotations

import argparse
from pathlib import Path

from sample_data.generate import generate, write


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sample_data", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("sample_data"), help="directory for the JSONL files")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--rows", type=int, default=3600, help="rows in all, without the two exams")
    options = parser.parse_args()
    data = generate(options.seed, options.rows)
    for path, rows in zip(write(data, options.output), data.splits().values(), strict=True):
        print(f"{path}: {len(rows)} rows")


if __name__ == "__main__":
    main()
