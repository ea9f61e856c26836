"""Local brokers: librdkafka's mock cluster for Kafka, a real redis-server for Redis Streams."""
