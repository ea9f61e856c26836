"""HubSpot's endpoints: one module for each resource, with its routes, requests and answers."""
