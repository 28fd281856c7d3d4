"""Engines: each has a connection and meets `Engine` of `questions.engine`, which describes its methods."""
