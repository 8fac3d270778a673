"""
The API against its own OpenAPI document, asked by schemathesis.

Run by CI with the schemathesis of an environment of its own:

    PYTHONPATH=tests python tests/third_party/described_api.py SCHEMATHESIS

This program serves a daemon with the doors of Rasa, and lets schemathesis send what the
document allows and what it does not: no answer may be a mistake of ours, and each has
to have the status, the type and the shape that the document says. The seed is fixed.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from api.rasa_world import rasa_started
from exitd.api.limits import RateLimits
from exitd.runtime.control import history

CONFIG = Path(__file__).resolve().parent / "schemathesis.toml"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
OPTIONS = (
    f"--checks={','.join(CHECKS)}",
    "--phases=coverage,fuzzing",
    "--max-examples=5",
    "--seed=7",
    "--generation-database=none",
    # A take-profit waits up to 10 s for the venue's word.
    "--request-timeout=20",
    "--continue-on-failure",
    "--warnings=off",
    "--no-color",
    # It never ends.
    "--exclude-path=/v1/facts/stream",
)
DEADLINE_S = 300
#: It asks as fast as it can, to see every answer but 429.
NONE_TO_SPEAK_OF = RateLimits(
    per_token=1_000_000, per_address=1_000_000, wrong_tokens=1_000_000
)


async def run(schemathesis: str) -> int:
    # Who asks for facts that never come waits up to half a minute otherwise.
    history.WAIT_S_MAX = 0.05
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with rasa_started(folder / "state", rates=NONE_TO_SPEAK_OF) as rasa:
            token = await rasa.static_token("admin")
            client = await asyncio.create_subprocess_exec(
                schemathesis,
                f"--config-file={CONFIG}",
                "run",
                f"http://127.0.0.1:{rasa.port}/openapi.json",
                f"--header=Authorization: Bearer {token}",
                *OPTIONS,
                cwd=folder,
            )
            try:
                async with asyncio.timeout(DEADLINE_S):
                    return await client.wait()
            finally:
                if client.returncode is None:
                    client.kill()
                    await client.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(run(sys.argv[1])))
