"""Drives the engine: one loop, one writer, a dispatcher per venue, recovery."""
