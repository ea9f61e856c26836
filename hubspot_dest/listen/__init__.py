"""The collector endpoint: accepts what a walkerOS collector server accepts, and answers when the event is safe."""
