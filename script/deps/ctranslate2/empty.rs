// Deliberately empty: cargo wants a target before it fetches dependencies.
