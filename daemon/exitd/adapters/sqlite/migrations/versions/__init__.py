"""One migration a file, in order; a migration that was released never changes."""
