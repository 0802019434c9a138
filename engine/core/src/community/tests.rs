//! Tests of the community noun.
