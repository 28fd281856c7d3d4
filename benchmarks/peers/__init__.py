"""The same question by other engines over a Parquet file, each in its best form."""
