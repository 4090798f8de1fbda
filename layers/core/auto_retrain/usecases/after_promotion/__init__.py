"""After the promotion: champions are watched, and people are told of those that fail until somebody says so."""
