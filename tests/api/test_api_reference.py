"""docs/api-reference.md: what the daemon serves, and nothing else."""

from __future__ import annotations

from api_page import PAGE, page, served


async def test_given_the_reference_when_made_again_then_it_is_current():
    made = page(await served())

    assert PAGE.read_text(encoding="utf-8") == made, "run `make api`"
