"""Telling somebody: apprise targets and a heartbeat URL."""
