"""The five views. Each reads the engine when the app's clock ticks and it is the one that is seen."""
