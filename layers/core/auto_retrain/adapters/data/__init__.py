"""Labelled data and documents in S3, and tables read with Arrow."""
