"""HubSpot's rules, written once: what it takes, what it refuses, and how that is known.

Pure functions and data. The sender says from them what HubSpot will refuse; the simulated HubSpot answers from them.
"""
