"""`python3 tests/appliance/appliance.py run|stop|shell|status|image`, also reached as `python3 -m tests.appliance`."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    runpy.run_module("tests.appliance", run_name="__main__", alter_sys=True)
