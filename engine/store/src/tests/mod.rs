//! Tests of the store as a whole, on the simulated disk unless a test says otherwise.

mod closing;
mod forged;
mod model;
mod random;
mod real;
mod retention;
mod survival;
