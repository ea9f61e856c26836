"""The endpoints of HubSpot's API.

Each is a package of the same four modules: `routes` (the rows of the table of routes), `requests` (the shapes of its
bodies), `answers` (what it sends back), `handler` (what it does). `registry` lists them.
"""
