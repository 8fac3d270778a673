"""What a scrape says: every family of the catalogue, by what happened."""

from __future__ import annotations

from decimal import Decimal

from prometheus_client.parser import text_string_to_metric_families

from api.daemons import ACCOUNT, World
from exitd.client import AsyncClient, calls
from exitd.core.attempt import RefusalKind
from exitd.metrics.catalogue import METRICS, catalogue
from fakes.exchange import SOL
from fakes.outcomes import Fill, Refuse

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def scrape(world: World, **headers: str) -> str:
    async with world.unix() as raw:
        answer = await raw.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return answer.text


def samples_of(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labels(**given: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(given.items()))


async def test_given_a_daemon_when_scraped_then_every_family_with_its_labels(
    counted: World,
):
    families = {
        f.name: f for f in text_string_to_metric_families(await scrape(counted))
    }

    ours = {name.removesuffix("_total") for name in METRICS}
    assert ours == {name for name in families if name.startswith("exitd_")}
    for metric in catalogue():
        family = families[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.shape, metric.meaning)
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels)


async def test_given_nothing_happened_when_scraped_then_how_it_stands(counted: World):
    counted.daemon.audit_protection()

    samples = samples_of(await scrape(counted))

    stop = labels(venue=ACCOUNT, state="armed", kind="stop_loss")
    assert samples["exitd_triggers", stop] == 1
    near = "exitd_trigger_distance_ratio", labels(venue=ACCOUNT, symbol=SOL)
    assert samples[near] == 0.1
    position = labels(venue=ACCOUNT, symbol=SOL)
    assert samples["exitd_position_unprotected", position] == 0
    for name in ("exitd_positions", "exitd_feed_up"):
        assert samples[name, labels(venue=ACCOUNT)] == 1
    for name in ("exitd_live", "exitd_ready", "exitd_store_writable"):
        assert samples[name, ()] == 1
    assert samples["exitd_config_last_reload_successful", ()] == 1
    assert samples["exitd_orders_in_doubt", labels(venue=ACCOUNT)] == 0


async def test_given_nothing_happened_when_scraped_then_what_may_happen_is_zero(
    counted: World,
):
    samples = samples_of(await scrape(counted))

    refused = labels(venue=ACCOUNT, outcome="refused")
    assert samples["exitd_orders_total", refused] == 0
    fired = labels(venue=ACCOUNT, kind="stop_loss")
    assert samples["exitd_triggers_fired_total", fired] == 0
    retried = labels(venue=ACCOUNT, reason="rate_limited")
    assert samples["exitd_order_retries_total", retried] == 0
    failed = labels(venue=ACCOUNT, reason="failed")
    assert samples["exitd_feed_reconnects_total", failed] == 0
    assert samples["exitd_notifications_total", labels(result="failed")] == 0
    waited = labels(venue=ACCOUNT)
    assert samples["exitd_trigger_to_order_sent_seconds_count", waited] == 0


async def test_given_a_refused_close_when_it_fills_after_then_all_of_it_is_counted(
    counted: World,
):
    counted.venue.script(Refuse(RefusalKind.RATE_LIMITED), Fill(price=Decimal("89")))
    await counted.watched_mark("89.5")
    await counted.until(lambda: counted.state_of("sol-core/sl") == "done")
    # It is counted once it is on disk.
    await counted.until(lambda: not counted.daemon.store.backlog)

    samples = samples_of(await scrape(counted))

    venue = labels(venue=ACCOUNT)
    fired = labels(venue=ACCOUNT, kind="stop_loss")
    assert samples["exitd_triggers_fired_total", fired] == 1
    outcomes = {
        dict(given)["outcome"]: value
        for (name, given), value in samples.items()
        if name == "exitd_orders_total"
    }
    assert outcomes.items() >= {"signed": 2, "refused": 1, "filled": 1}.items()
    retried = labels(venue=ACCOUNT, reason="rate_limited")
    assert samples["exitd_order_retries_total", retried] == 1
    assert samples["exitd_trigger_to_order_sent_seconds_count", venue] == 1
    assert samples["exitd_order_ack_seconds_count", venue] == outcomes["sent"]
    assert samples["exitd_events_total", labels(event="trigger.hit")] == 1


async def test_given_a_position_without_a_stop_when_scraped_then_it_is_unprotected(
    counted: World,
):
    async with AsyncClient(counted.address) as client:
        await client.ask(calls.pause("sol-core/sl"))
    counted.daemon.audit_protection()

    samples = samples_of(await scrape(counted))

    position = labels(venue=ACCOUNT, symbol=SOL)
    assert samples["exitd_position_unprotected", position] == 1
    assert samples["exitd_config_drift_triggers", ()] == 1


async def test_given_requests_when_scraped_then_by_route_and_never_by_path(
    counted: World,
):
    async with counted.unix() as raw:
        await raw.get("/v1/explain/sol-core/sl")
        await raw.get("/somewhere/else")
        await raw.request("PROPFIND", "/v1/status")

    text = await scrape(counted)

    name = "exitd_http_requests_total"
    samples = samples_of(text)
    explained = labels(route="/v1/explain/{id:path}", method="GET", code="200")
    assert samples[name, explained] == 1
    assert samples[name, labels(route="unknown", method="GET", code="404")] == 1
    assert [g for n, g in samples if n == name and dict(g)["method"] == "OTHER"]
    assert "sol-core" not in text
    assert "PROPFIND" not in text


async def test_given_files_with_a_mistake_when_read_again_then_not_successful(
    counted: World,
):
    path = counted.folder / "config" / "conf.d" / "sol.yaml"
    good = path.read_text()
    path.write_text("positions: nonsense\n")
    await counted.daemon.files.reload()
    bad = samples_of(await scrape(counted))
    path.write_text(good)
    await counted.daemon.files.reload()
    again = samples_of(await scrape(counted))

    name = "exitd_config_last_reload_successful"
    assert (bad[name, ()], again[name, ()]) == (0, 1)
    applied = "exitd_config_last_reload_success_timestamp_seconds"
    assert 0 < bad[applied, ()] < again[applied, ()]


async def test_given_prices_when_taken_then_counted_and_one_of_them_measured(
    counted: World,
):
    before = samples_of(await scrape(counted))
    for price in ("99", "98", "97"):
        counted.mark(price)

    after = samples_of(await scrape(counted))

    told = "exitd_feed_messages_total", labels(venue=ACCOUNT, channel="prices")
    assert after[told] - before[told] == 3
    cost = "exitd_trigger_evaluation_seconds_count", labels(venue=ACCOUNT)
    assert after[cost] >= 1


async def test_given_a_reader_when_it_may_not_read_then_no_metrics(counted: World):
    async with counted.tcp("wrong") as stranger, counted.tcp() as local:
        refused = await stranger.get("/metrics")
        read = await local.get("/metrics")
        head = await local.head("/metrics")

    assert (refused.status_code, read.status_code) == (401, 200)
    assert (head.status_code, head.content) == (200, b"")


async def test_given_openmetrics_when_asked_for_then_given(counted: World):
    wanted = "application/openmetrics-text; version=1.0.0"

    text = await scrape(counted, accept=wanted)

    assert text.endswith("# EOF\n")
