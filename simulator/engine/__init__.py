"""The engine: one object that the terminal, the headless run and the tests share.

It takes a source of events and a configuration, starts a HubSpot on this machine and runs the real sender against it
over HTTP in a thread of its own. Nothing on a screen is staged: a screen only reads what the engine keeps.
"""
