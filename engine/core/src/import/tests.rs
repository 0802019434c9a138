//! Tests of imported facts.
