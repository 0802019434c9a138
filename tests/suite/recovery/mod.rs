//! What comes back after an end: clean, by the operator, by the power.

mod restart;
