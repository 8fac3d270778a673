"""Alpaca: REST v2, its stream of order updates, its streams of market data."""
