"""The process that measures one group under the account: the plan comes on standard input, the results leave as JSON.

python -m bench.child GROUP
"""

import dataclasses
import json
import os
import sys
from pathlib import Path

from bench import groups
from bench.figures import Stage


def main() -> None:
    """Measure, and leave without ceremony: a private machine ends with this process."""
    plan = json.load(sys.stdin)
    stage = Stage(Path(os.environ["HOME"]), Path(sys.executable), dict(os.environ), **plan)
    results = groups.load(sys.argv[1]).measure(stage)
    json.dump(dataclasses.asdict(results), sys.stdout)
    sys.stdout.flush()
    os._exit(0)


main()
