"""What venues share that stream nothing of an account: it is asked for each time."""
