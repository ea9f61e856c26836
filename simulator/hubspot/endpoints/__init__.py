"""The endpoints of HubSpot's API.

Each endpoint is a package of four modules: `routes` (its rows of the route table), `requests` (the types of request
bodies), `answers` (the JSON Schemas of responses) and `handler` (its logic). `registry` lists the endpoints.
"""
