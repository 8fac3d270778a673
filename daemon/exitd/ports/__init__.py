"""What the runtime needs from outside: clock, feed, venue, store, alerts."""
