"""docs/exits.md: its lines are valid, and each has its picture."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from exitd.configuration.load import load
from exitd.configuration.triggers import definitions

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"


def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("drawing", PICTURES / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DRAWING = drawing()


@pytest.mark.parametrize(
    ("name", "exits"), [(name, exits) for name, _, exits in DRAWING.blocks()]
)
def test_given_lines_of_the_page_then_they_are_valid_and_drawn(
    tmp_path: Path, name: str, exits: str
):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "exitd.yaml").write_text(DRAWING.EXITD_YAML)
    (tmp_path / "conf.d" / "sol.yaml").write_text(DRAWING.position_file(exits))

    loaded = load(tmp_path, {})

    errors = [str(f) for f in loaded.findings if f.severity.value == "error"]
    assert errors == []
    assert definitions(loaded, now_ns=1)
    assert (PICTURES / f"{name}.svg").read_text().startswith("<?xml")
    assert f"pictures/{name}.svg" in (ROOT / "docs" / "exits.md").read_text()


def test_given_the_page_then_it_has_a_picture_of_each_kind():
    assert len(DRAWING.blocks()) == len(list(PICTURES.glob("*.svg"))) == 11
