"""Backstops in the files: where they can rest, and what a plan says of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from configuration.conftest import Loader, one_exit
from exitd.configuration.backstops import backstops_of
from exitd.configuration.plan import plan
from exitd.configuration.plan_text import plan_as_json, render_plan
from exitd.core.position import PositionKey, Side

SL = "{stop_loss: 131.25}"
KEY = PositionKey("backpack", "SOL_USDC_PERP", Side.LONG)
THREE = {KEY: Decimal(3)}
ALPACA = """\
version: 1
mode: paper
venues:
  backpack: {type: alpaca, environment: paper}
"""


def test_given_a_backstop_when_loaded_then_it_is_of_its_position(load_files: Loader):
    loaded = load_files(one_exit(SL, "side: long", "backstop: 3%"))

    assert not loaded.has_errors
    assert backstops_of(loaded.positions) == THREE


@pytest.mark.parametrize(
    ("exit_", "more", "part"),
    [
        (SL, "backstop: 3", "%"),
        (SL, "backstop: 100%", "%"),
        ("{stop_loss: -5%}", "backstop: 3%", "would close before 'x' at 5% does"),
        ("{stop_loss: -3%}", "backstop: 3%", "put it further away"),
    ],
)
def test_given_a_backstop_that_cannot_be_then_one_sentence(
    exit_: str, more: str, part: str, exit_errors: Callable[..., list[str]]
):
    (error,) = exit_errors(exit_, more=more)

    assert part in error


def test_given_a_nearer_stop_or_a_target_then_the_backstop_is_fine(
    exit_errors: Callable[..., list[str]],
):
    assert exit_errors("{stop_loss: -2.9%}", more="backstop: 3%") == []
    assert exit_errors("{take_profit: +12%}", more="backstop: 3%") == []


def test_given_an_account_where_none_can_rest_then_refused(
    exit_errors: Callable[..., list[str]],
):
    errors = exit_errors(SL, more="backstop: 3%", daemon=ALPACA)

    assert any("'backstop' is for accounts of type backpack" in e for e in errors)


@pytest.mark.parametrize(
    ("running", "more", "line"),
    [
        ({}, "backstop: 3%", f"+ {KEY} backstop 3% from the entry"),
        (THREE, "backstop: 5%", f"~ {KEY} backstop 3% -> 5%"),
        (THREE, "", f"- {KEY} backstop 3%"),
    ],
)
def test_given_another_backstop_than_runs_when_planned_then_it_is_a_change(
    running: dict[PositionKey, Decimal], more: str, line: str, load_files: Loader
):
    loaded = load_files(one_exit(SL, "side: long", more))

    made = plan(loaded, (), now_ns=0, backstops=running)

    assert made.backstop_changes == (line,)
    assert f"  {line}\n" in render_plan(made)
    assert plan_as_json(made)["backstop_changes"] == [line]
    assert not made.is_empty


def test_given_the_backstop_runs_when_planned_then_nothing_is_missing(
    load_files: Loader,
):
    loaded = load_files(one_exit(SL, "side: long", "backstop: 3%"))

    made = plan(loaded, (), now_ns=0, backstops=THREE)

    assert made.backstop_changes == ()
    assert "no backstop" not in render_plan(made)
