"""Commands that look, once a trigger is done and long forgotten by the daemon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.conftest import Command
from e2e.house import DEADLINE_S, House, house
from exitd.client import calls
from fakes.waiting import wait_until
