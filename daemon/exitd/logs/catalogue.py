"""
What each event means and which fields to look for; made into docs/log-events.md.

A field ends in its unit (`_ms`, `_us`, `_s`); prices and quantities are decimal text.
"""

from __future__ import annotations

from msgspec import Struct

from exitd.logs.events import Event

# event | fields | meaning
TABLE = """
daemon.started | version mode pid | the process began
daemon.recovered | triggers in_doubt positions | the stored state is reconciled
daemon.ready | triggers took_ms | prices are evaluated and orders can leave
daemon.reloaded | reason applied | a reload was asked for, and what came of it
daemon.stopping | reason | no new work is taken; what is under way is finished
daemon.stopped | took_ms | the process ends
daemon.crashed | exception | a mistake of ours; systemd starts it again

config.unchanged | changes | the files were read again and say the same
config.rejected | errors | a file is not valid; the old set stays armed
config.held | changes | they wait for `exitd apply`, or a section for a restart
config.applied | changes | a new set is in force

store.opened | path notice | what was done to the database at the start: a migration
store.failed | reason | a commit failed; it is read back and written again
store.full | reason | no room: new arms are refused, firing goes on
store.recovered | lasted_s | commits succeed again
store.row_set_aside | reason | a row could not be read and is set aside

feed.connected | venue channel | prices arrive
feed.lost | venue channel reason | the connection is gone; it is opened again
feed.refused | venue reason | the venue refused a subscription
feed.garbled | venue reason | a frame could not be read and was left out
feed.stale | venue symbol price_kind age_ms reason | no price for too long: not judged
feed.recovered | venue symbol price_kind lasted_ms | prices are fresh again
feed.second_source | venue symbol price_kind | a silent stream: REST is asked
feed.second_failed | venue symbol price_kind reason | nor does REST give this price
feed.gap_found | venue symbol since_ns until_ns reason | its prices were not seen
feed.gap_filled | venue symbol since_ns until_ns candles | candles stand in for them
price.held | source observed witness | far off the price beside it: held back
price.unwatched | source since_ts_ns missed fires unsure | many exits have missed it

account.connected | account venue | the private stream is up, proven by REST
account.lost | account venue reason | the private stream is gone; it is opened again
account.reconciled | account positions | our record and the venue's agree
account.contradicted | account reason | a report contradicts our record: reconcile
account.barred | account triggers why | after an unclean stop: closes wait a while
account.unbarred | account triggers | no close was sent unwritten: they go on
account.shared | account symbol venue_order_id why | an older exitd acts: stand by
account.standing_by | account reason | nothing is sent on it before `exitd takeover`
account.taken_over | account by orders paused | it acts again, and from here alone
venue.failed | venue question reason | a request failed
venue.recovered | venue lasted_s | requests succeed again
venue.paused | venue reason | it sees no close through: one is tried now and then
venue.resumed | venue lasted_s | it answers again: what was hit is sent
chain.noticed | account topic reason | a node, the key or an owner's access needs a look
clock.measured | venue offset_ms | the clocks were compared
clock.skewed | venue offset_ms | our clock and the venue's differ by too much

sessions.known | calendar sessions next_close_ts_ns | exits that go by it have times
sessions.unknown | calendar triggers reason | exits that go by it wait; asked again

trigger.waiting | trigger_id trigger_price waiting_for | for a position, or a price
trigger.armed | trigger_id arming lifetime trigger_price | it watches
trigger.refused | trigger_id reason | somebody asked for a trigger that cannot be
trigger.amended | trigger_id trigger_price_before trigger_price owner | it was changed
trigger.paused | trigger_id by | it is not judged until resumed
trigger.resumed | trigger_id by | it is judged again
trigger.cancelled | trigger_id by | it watches no longer
trigger.expired | trigger_id | its time is over
trigger.retired | trigger_id reason why | the position that it belongs to is gone
trigger.moved | trigger_id trigger_price_before trigger_price why | its level now
trigger.trailing | trigger_id watermark | its trail begins, or candles raised it
trigger.tightened | trigger_id observed | its trail is narrower from here on
trigger.confirming | trigger_id trigger_price due_ts_ns prices of | crossed; not hit yet
trigger.condition_lost | trigger_id observed | the price came back before that was over
trigger.uncertain | trigger_id watermark since_ts_ns why | a hole nobody can fill
trigger.missed | trigger_id trigger_price candle_ts_ns low high fires | crossed unseen
trigger.hit | trigger_id fire_id trigger_price observed source cause | crossed: it fires
trigger.held | trigger_id fire_id why | it has hit, and cannot send yet
trigger.done | fire_id reason filled average_price slippage fee pnl | it is over

order.signed | fire_id attempt client_order_id side quantity order | stored, not sent
order.sent | fire_id attempt hit_to_sent_us signed_to_sent_us | the bytes leave
order.acked | fire_id attempt venue_order_id filled | the venue took the order
order.partially_filled | fire_id attempt filled average_price slippage_bps | in part
order.filled | fire_id attempt filled average_price slippage_bps | all of it is filled
order.cancelled | fire_id attempt venue_order_id filled | it ended before it was filled
order.refused | fire_id attempt refusal code message | the venue said no
order.in_doubt | fire_id attempt why | no answer: the venue is asked for it
order.resolved | fire_id attempt found late | what became of it is known
order.escalated | fire_id to | the next attempt is a more urgent order
order.unconfirmed | fire_id filled | still no evidence; it goes on asking
order.altered | fire_id venue_order_id order reduce_only | the venue changed it
orders.cancelled | trigger_id symbol cancelled spared remaining | orders are gone

backstop.placed | account symbol side trigger_price percent | a wide stop rests there
backstop.withdrawn | account symbol side trigger_price | it rests no more
backstop.filled | account symbol side trigger_price filled | it closed the position
backstop.lost | account symbol side trigger_price why | it ended by itself; placed again
backstop.refused | account symbol side trigger_price refusal why | tried again later

entry.wanted | entry side quantity notional order exits | an alert asks for an entry
entry.signed | entry | signed and stored, not sent
entry.sent | entry client_order_id wanted_to_sent_us | the bytes leave
entry.acked | entry venue_order_id | the broker took it
entry.partially_filled | entry filled average_price | a part is filled; exits cover it
entry.filled | entry filled average_price | all of it is filled; exits cover it
entry.refused | entry refusal why | the broker said no; it is not sent again
entry.withdrawn | entry why | it is taken back; what has filled keeps its exits
entry.cancelled | entry filled why | it ended before it was filled
entry.expired | entry filled why | its time was over before it was filled, or sent
entry.in_doubt | entry why | no answer: the broker is asked for it
entry.resolved | entry found late filled why | what became of it is known
entry.put_back | entry why | refused for the moment; it waits for its slot again
exit.filled_at_broker | entry leg kind filled result | an exit of the broker has closed
exits.taken_over | entry why left | exitd holds them from now on, not the broker
exits.refused | entry exit why | an exit of an entry could not be armed

position.opened | account symbol side quantity entry_price | a lifetime begins
position.changed | account symbol side before quantity entry_price | it has changed
position.closed | account symbol side lifetime | the lifetime is over
position.doubted | account symbol reason | its size is unproven; the last one is used
position.protected | account symbol | a stop watches all of it
position.unprotected | account symbol quantity reason | no stop watches it, or not all

change.made | by scope place what changed differences request_id | it was changed
change.refused | by scope place what reason left_out request_id | they did not get it
api.requested | request_id method path status took_ms by place | asked for a change
api.read | request_id method path status took_ms by place | asked to see something
auth.refused | reason place what by left_out | a request or a login had no right
token.created | name scopes by | an API token was made
token.revoked | name by | an API token is void
command.refused | name reason by | a command could not be done
watcher.dropped | by reason | a WebSocket is closed: too slow a reader, or it may not
page.failed | exception | a mistake of ours in the status page; it begins anew in 10 s
order.unfillable | quote_id reason | an order was accepted that its level cannot fill
webhook.accepted | route webhook_id ip | an alert was taken and stored
webhook.refused | route webhook_id reason ip | an alert was not valid, or not allowed
webhook.duplicated | route webhook_id same_body ip | again; nothing is done twice
webhook.delayed | route webhook_id reason | a venue failed; the alert is tried again
webhook.carried_out | route webhook_id outcome entry_state | what it asked for was begun

telegram.started | bot daemon | `exitd telegram` hears the chats that are listed
telegram.asked | chat user command | somebody asked for something
telegram.confirmed | chat user command outcome | a change was agreed to, and what came
telegram.refused | chat user | not listed: not answered, and told once an hour
telegram.dropped | chat user why | too old, or too much: left undone
telegram.lost | reason | Telegram cannot be asked; it is tried again
telegram.recovered | lasted_s | Telegram answers again
telegram.failed | chat reason | an answer could not be sent
telegram.stopped | reason | `exitd telegram` ends

notify.sent | target event_name | a message went out
notify.failed | target reason | a message could not be sent
heartbeat.failed | reason | the outside watcher could not be told that all is well
health.degraded | reasons | not ready, with the reasons; what can be judged is judged
health.recovered | lasted_s | ready again
loop.lagged | lag_ms | something held the loop for too long
library.warned | logger msg | a library that exitd uses had something to say
log.dropped | lines | standard output was blocked; so many lines are missing here
"""


class Entry(Struct, frozen=True):
    event: Event
    fields: tuple[str, ...]
    meaning: str


def catalogue() -> tuple[Entry, ...]:
    """Give every row of the table; a name outside the enum is a `ValueError`."""
    entries = []
    for line in TABLE.splitlines():
        if line:
            name, fields, meaning = line.split(" | ")
            entries.append(Entry(Event(name), tuple(fields.split()), meaning))
    return tuple(entries)


def catalogue_markdown() -> str:
    """Give the page docs/log-events.md."""
    lines = [
        "# Log events",
        "",
        "Every line that exitd logs has one of these names in `event`, beside `ts`"
        " (UTC, microseconds) and `level`. Where they apply, `venue`, `account`,"
        " `trigger_id`, `fire_id` and `request_id` stand on the line too: one `fire_id`"
        " tells the whole story of one firing. Prices and quantities are decimal text;"
        " a duration has its unit at the end of its name. The fields are those to look"
        " for; a line may have more.",
        "",
        "What exitd has concluded (triggers, orders, positions) is logged once it is on"
        " disk, with the instant at which it was concluded: a crash loses nothing that"
        " was logged. When the disk takes no writes for a second, it is logged all the"
        " same, with `durable` false: a crash before `store.recovered` would lose it.",
        "",
        "In the last column, *folded* means: when the same event of the same venue and"
        " trigger repeats within 10 seconds, it is counted instead, and the next line"
        " carries the count as `suppressed`. All others are written every time.",
        "",
        "This page is made from the source by `make log-events`.",
        "",
        "| event | level | fields | meaning | repeats |",
        "|---|---|---|---|---|",
    ]
    for entry in catalogue():
        fields = " ".join(f"`{field}`" for field in entry.fields)
        repeats = "folded" if entry.event.is_folded else ""
        lines.append(
            f"| `{entry.event}` | {entry.event.level} | {fields} |"
            f" {entry.meaning} | {repeats} |"
        )
    return "\n".join(lines) + "\n"
