"""
What is not known about the real exchange, as switches.

Each field is a question that no document and no recording answers; its values are
the plausible answers and its default is the likeliest. `docs/simulator.md` explains
them. A client that works under every value works whichever of them is true.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from exitd.errors import ConfigurationError


class Quirks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer to each open question; immutable, replaced as a whole."""

    # Signing and the request window
    raw_signature: bool = True
    encoded_signature: bool = True
    bad_signature_status: int = 400
    bad_signature_code: str = "INVALID_CLIENT_REQUEST"
    window_check: Literal["arrival", "execution"] = "arrival"

    # Orders
    oversize_reduce_only: Literal["trimmed", "rejected"] = "trimmed"
    resting_reduce_only: Literal["ignored", "counted"] = "ignored"
    reduce_only_refusal: Literal["refused", "expired"] = "refused"
    reduce_only_status: int = 400
    reduce_only_code: str = "INVALID_ORDER"
    reduce_only_echo: Literal["echoed", "null"] = "echoed"
    duplicate_client_id: Literal["accepted", "refused_while_open", "refused"] = (
        "accepted"
    )
    quantity_with_trigger: Literal["accepted", "refused"] = "accepted"
    batch_max: int = 50
    batch_failure: Literal["each", "all"] = "each"
    max_stop_orders_per_position: int = 20
    fired_order_link: Literal["related_order_id", "none", "same_id"] = (
        "related_order_id"
    )
    fired_trigger_status: Literal["Triggered", "Filled"] = "Triggered"
    trigger_by_default: Literal["LastPrice", "MarkPrice"] = "LastPrice"
    trigger_direction: Literal["placement", "entry"] = "placement"
    attached_link: Literal["related_order_id", "none"] = "related_order_id"

    # Queries and cancels
    get_trigger_pending: Literal["found", "not_found"] = "found"
    flat_position: Literal["empty", "not_found"] = "empty"
    cancel_unknown_status: int = 400
    cancel_unknown_code: str = "RESOURCE_NOT_FOUND"
    cancel_unknown_message: str = "Not Found"
    cancel_all_default: Literal["all", "resting"] = "all"
    fill_client_id: Literal["integer", "string"] = "integer"
    open_kline: Literal["included", "left_out"] = "included"
    empty_kline: Literal["null", "flat"] = "null"

    cdn_age_s: int = 0

    # Streams
    subscriptions_max: int = 0
    position_snapshot: Literal["single", "array"] = "single"
    position_numbers: Literal["strings", "numbers"] = "strings"
    position_id: Literal["lifetime", "symbol"] = "lifetime"
    mark_drift: Literal["silent", "adjusted"] = "silent"
    expiry_reason_key: Literal["R", "er"] = "R"
    expiry_reason_case: Literal["pascal", "upper_snake"] = "pascal"
    related_order_type: Literal["string", "integer"] = "string"

    # Binance's streams
    binance_doors: Literal["split", "open"] = "split"
    binance_error: Literal["nested", "bare"] = "nested"

    # Overload
    unavailable_body: Literal["service_unavailable", "maintenance", "text", "empty"] = (
        "service_unavailable"
    )

    def changed(self, changes: dict[str, Any], where: str = "quirks") -> Quirks:
        """
        These quirks with *changes* applied.

        Raises:
            ConfigurationError: A name or a value is not one of the switches.
        """
        try:
            merged = {**msgspec.structs.asdict(self), **changes}
            # Not strict: in a script every scalar is text.
            return msgspec.convert(merged, Quirks, strict=False)
        except msgspec.ValidationError as exc:
            raise ConfigurationError(
                f"{where}: {exc}; docs/simulator.md lists every switch and its values"
            ) from exc
