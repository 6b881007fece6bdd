"""Tidemark's pipelines on Apache Spark, on the same Postgres tables as the consumer."""
