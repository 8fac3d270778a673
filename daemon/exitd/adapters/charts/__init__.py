"""Pictures of rehearsals: prices, the levels that watched them, and what fired."""
