"""An exchange that speaks Alpaca's protocols and refuses what Alpaca refuses.

It shares no code with the adapter. What it does follows Alpaca's OpenAPI document 2.0.1
and what users of other clients report; the official clients drive it unmodified
(`tests/third_party/alpaca_clients.py`).
"""
