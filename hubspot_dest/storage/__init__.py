"""The SQLite files of both programs: opening, migration, locking, and clear error messages."""
