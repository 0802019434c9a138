//! How much memory a run holds: an allocator that counts by thread, because Rhai counts nothing.
//!
//! A program installs it with `#[global_allocator]`; `is_installed` says whether it did. Without it the size
//! limits of texts, arrays and maps are the only net, and a script can hold many of those. Counts what a
//! thread asked for less what it gave back, so that memory handed to another thread shows as held.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD_BYTES: Cell<i64> = const { Cell::new(0) };
}

/// An allocator, the system's where none is named, counting by thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counting<A = System>(A);

impl Counting {
    /// Over the system's allocator.
    pub const fn new() -> Self {
        Self(System)
    }
}

impl<A> Counting<A> {
    /// Over another allocator.
    pub const fn over(allocator: A) -> Self {
        Self(allocator)
    }
}

fn count(bytes: i64) {
    // A thread that ends frees after its variables are gone: that is not counted.
    let _ = HELD_BYTES.try_with(|held| held.set(held.get().wrapping_add(bytes)));
}

#[expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait: every call is handed on unchanged")]
// SAFETY: memory comes from the inner allocator and goes back to it with the same pointer and layout;
// counting touches a thread-local number without a destructor, which neither allocates nor unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promises on `layout` are passed on.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: `block` came from the inner allocator with this layout, as the caller promises.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promises on `layout` are passed on.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count(bytes as i64 - layout.size() as i64);
        // SAFETY: `block`, `layout` and `bytes` are the caller's, passed on.
        unsafe { self.0.realloc(block, layout, bytes) }
    }
}

/// Bytes that this thread holds, counted from some fixed point.
pub(crate) fn held_bytes() -> i64 {
    HELD_BYTES.with(Cell::get)
}

/// Whether this program counts its memory.
pub fn is_installed() -> bool {
    let before = held_bytes();
    let probe = std::hint::black_box(vec![0_u8; 64]);
    let counted = held_bytes() != before;
    drop(probe);
    counted
}
