"""Schwab's Trader API on real sockets, for tests.

It speaks the wire format of `/trader/v1` and `/marketdata/v1` and refuses what the
broker refuses. It shares no code with the adapter.
"""
