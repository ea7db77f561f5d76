//! A disk for SQLite that records, fails and loses on demand: a SQLite VFS around the one of the operating system.
