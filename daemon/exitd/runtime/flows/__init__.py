"""Flows that a person starts by hand: pure steps over a venue and the commands."""
