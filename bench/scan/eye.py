"""The app's decoder in a node process: frames in, texts out."""

import json
import struct
import subprocess
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FRONTEND: Final = Path(__file__).resolve().parents[2] / "frontend"
BUILT: Final = FRONTEND / "node_modules" / ".scanner-bench" / "eye.js"


def build() -> None:
    """Bundle the app's stages for node (frontend/scanner/bench). Raises CalledProcessError with what vite said."""
    vite = FRONTEND / "node_modules" / ".bin" / "vite"
    subprocess.run(
        [vite, "build", "--config", "scanner/bench/vite.config.ts", "--logLevel", "warn"],
        cwd=FRONTEND,
        check=True,
    )


class Eye:
    """One process that reads frames one after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(["node", BUILT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def look(self, frame: NDArray[np.uint8], begins: bool) -> dict[str, Any]:
        """What was read: texts, uec, stage, ms. `begins`: the first frame of another paper."""
        height, width = frame.shape
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write(struct.pack("<III", int(begins), width, height))
        stdin.write(frame.tobytes())
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError("the decoder ended: its words stand above")
        return dict(json.loads(line))

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=10)
