"""Connections to venues: WebSockets, HTTP, TLS, and the clocks at the other end."""
