//! Tasks that keep shards true: the one generic list+watch engine, its supervisor, metrics.
