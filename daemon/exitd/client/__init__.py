"""What the commands use to talk to the daemon."""
