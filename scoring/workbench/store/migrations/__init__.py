"""The migrations of the store, in the order of their numbers; a released one is never changed."""
