"""Under CI a skip is a failure; elsewhere it is a skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parent / "conftest.py"

IN_A_TEST = "import pytest\ndef test_x():\n    pytest.skip('no browser')\n"
IN_A_MODULE = "import pytest\npytest.importorskip('no_such_module')\n"


@pytest.mark.parametrize(("ci", "passes"), [("true", False), ("", True)])
@pytest.mark.parametrize("processes", ["0", "2"])
def test_given_skip_when_run_then_it_fails_under_ci_alone(
    tmp_path: Path, ci: str, passes: bool, processes: str
):
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_that_skips.py").write_text(IN_A_TEST)
    (tmp_path / "test_of_a_module.py").write_text(IN_A_MODULE)
    (tmp_path / "test_that_passes.py").write_text("def test_y():\n    pass\n")

    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
            "--continue-on-collection-errors",
            *("--numprocesses", processes, str(tmp_path)),
        ],
        cwd=tmp_path,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode == 0) == passes, done.stdout
    ended = "1 passed, 2 skipped" if passes else "1 failed, 1 passed, 1 error"
    assert ended in done.stdout
    assert ("under CI a skip is a failure" in done.stdout) != passes
