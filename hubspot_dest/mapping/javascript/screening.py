def is_bounded(source): return False
