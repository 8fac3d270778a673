"""Asking a venue, with orders that only rest, what its documents leave open."""
