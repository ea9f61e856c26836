"""Workers on Kafka and Redis Streams: the stream is the outbox, and a group of workers shares the work."""
