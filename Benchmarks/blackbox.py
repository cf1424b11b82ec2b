"""Makes the modules of Tests/blackbox known to the benchmarks: `server`, `load`. Import it before them."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = pathlib.Path(os.environ.get("TANDEM_BENCH_BINARY", ROOT / "bin/tandem"))
sys.path.insert(0, str(ROOT / "Tests/blackbox"))
