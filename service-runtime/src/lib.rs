//! What every Latchkey process does the same way: settings, logs, database pool, HTTP edge, health.
