"""Workers on Kafka and Redis Streams: the stream is the outbox, the group shares the work."""
