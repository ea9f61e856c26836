"""walkerOS events: their fields, the collector's state, and the queue for consent."""
