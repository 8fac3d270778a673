"""What the runtime needs from outside, as protocols: clock, feed, venue, store, alerts."""
