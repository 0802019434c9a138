//! Scripts from outside: how they come in, how they are changed under load, and the documents for those who
//! write them.

mod documents;
mod lifecycle;
mod reload;
mod tutorial;
