"""Storage through SQLAlchemy: SQLite and PostgreSQL."""
