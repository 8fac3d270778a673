"""Tests of exits: files that say which prices come and what must fire."""
