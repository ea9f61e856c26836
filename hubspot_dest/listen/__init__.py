"""The collector endpoint: it accepts the requests of walkerOS' servers, and answers once the event is stored safely."""
