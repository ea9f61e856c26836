"""SQLite files of both programs: opening, migration, locking, and errors that people understand."""
