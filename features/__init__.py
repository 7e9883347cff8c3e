"""Feature pipelines: a bank's tables in, one row of ESG indicators per application out."""
