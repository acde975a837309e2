"""The only shared IO: the transactional partition loop, Kafka, PostgreSQL, settings, metrics, health.

The embedded stack.
"""
