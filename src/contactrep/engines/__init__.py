"""Engines: each has a connection and meets the contract of `questions.engine`; none inherits from another."""
