"""Policies, jobs, leases and the ledger in one DynamoDB table."""
