"""Binance's USD-M futures: public prices only; nothing here has a key."""
