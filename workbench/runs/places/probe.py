"""What a job that does nothing else finds on its node: ``python -m … .probe FILE`` writes it.

The file is JSON: host, Python and its version, the version of this program, torch's version (or
why it cannot be imported), and the GPUs that torch sees.
"""

import importlib
import importlib.metadata
import json
import platform
import sys
from pathlib import Path
from typing import Any

from workbench.runs.store.atomic import write_atomically


def main() -> int:
    """Look around and write the answer."""
    answer = {
        "host": platform.node(),
        "python": platform.python_version(),
        "program": sys.executable,
        "workbench": importlib.metadata.version("workbench"),
        **_torch(),
    }
    write_atomically(Path(sys.argv[1]), json.dumps(answer).encode())
    return 0


def _torch() -> dict[str, Any]:
    try:
        torch = importlib.import_module("torch")
        cuda = torch.cuda
        names = [cuda.get_device_name(number) for number in range(cuda.device_count())]
    except (ImportError, OSError, RuntimeError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        return {"torch": "", "why": lines[0][:300], "gpus": []}
    return {"torch": str(torch.__version__), "why": "", "gpus": names}


if __name__ == "__main__":
    sys.exit(main())
