"""The example of a daemon for front-ends: complete, and right as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from exitd.configuration import chain_accounts
from exitd.configuration.load import load
from exitd.configuration.validation import key_names

ROOT = Path(__file__).parents[2]


def test_given_the_example_for_front_ends_when_checked_then_nothing_is_wrong():
    loaded = load(ROOT / "config" / "rasa", {})

    assert [str(f) for f in loaded.findings] == []
    assert loaded.settings is not None
    assert loaded.settings.accounts["symmio"].chain is not None


@pytest.mark.parametrize(
    "model",
    [
        chain_accounts.SymmioAccount,
        chain_accounts.QuotedSymbol,
        chain_accounts.SubAccountEntry,
        chain_accounts.QuotePrices,
    ],
)
def test_given_the_example_for_front_ends_when_read_then_every_key_is_there(
    model: type[BaseModel],
):
    text = (ROOT / "config" / "rasa" / "exitd.yaml").read_text()

    missing = [
        name
        for name in key_names(model)
        if not re.search(rf"(^ *|[ {{])(# +)?(- {{)?{name}:", text, re.MULTILINE)
    ]

    assert missing == []


def test_given_the_example_uncommented_when_checked_then_nothing_is_wrong(
    tmp_path: Path,
):
    text = (ROOT / "config" / "rasa" / "exitd.yaml").read_text()
    keys = "|".join(
        ("sub_accounts", "solver", "symbols", "prices", "nodes", "private_nodes")
    )
    more = "confirmations|request_window|lag_slack|fee_most|market_bound"
    whole = re.sub(rf"^    # (({keys}|{more}):)", r"    \1", text, flags=re.MULTILINE)
    whole = re.sub(r"^    # {2}( *[-A-Za-z_])", r"      \1", whole, flags=re.MULTILINE)
    (tmp_path / "exitd.yaml").write_text(whole)

    loaded = load(tmp_path, {})

    assert [str(f) for f in loaded.findings] == []
    assert loaded.settings is not None
    chain = loaded.settings.accounts["symmio"].chain
    assert chain is not None
    assert set(chain.symbols) == {"XRPUSDT", "BTCUSDT"}
    assert len(chain.sub_accounts) == len(chain.private_nodes) == 1


def test_given_the_file_of_the_page_when_checked_then_nothing_is_wrong(tmp_path: Path):
    page = (ROOT / "docs" / "symmio.md").read_text()
    (written,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "exitd.yaml").write_text(written)

    loaded = load(tmp_path, {})

    assert [str(f) for f in loaded.findings] == []
    assert loaded.settings is not None
    assert loaded.settings.file.http.rasa is not None
    assert loaded.settings.accounts["symmio"].chain is not None
