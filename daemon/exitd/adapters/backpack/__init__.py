"""Backpack Exchange: signed REST, public and private streams."""
