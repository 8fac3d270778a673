"""The HTTP API: one door of several, over a unix socket and loopback TCP."""
