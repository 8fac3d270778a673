"""Telling people: alerts through Apprise, and the heartbeat of a dead man's switch."""
