//! The one integration test binary: levels above a single room.
