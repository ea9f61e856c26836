"""The collector endpoint: takes what a walkerOS collector server takes, and answers when the event is safe."""
