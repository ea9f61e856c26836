"""The verdict on a plan: what HubSpot will refuse of it, what will be lost, and what is hardly meant.

It changes no plan. Whoever does not ask for it does not pay for it.
"""
