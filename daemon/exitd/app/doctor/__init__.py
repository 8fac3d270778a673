"""`exitd doctor`: what can be wrong around a daemon, each with its remedy."""
