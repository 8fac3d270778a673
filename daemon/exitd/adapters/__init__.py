"""Translators between the ports and the outside world."""
