"""From verdict to production: reviews, the files of the version, the alias and the ledger."""
