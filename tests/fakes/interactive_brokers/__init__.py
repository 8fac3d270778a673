"""A Client Portal gateway of Interactive Brokers on real sockets, for tests.

It speaks the wire format of `/v1/api` and refuses what the broker refuses. It shares no
code with the adapter: what both know comes from the broker's own pages.
"""
