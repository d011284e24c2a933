// How a small program stays small.
//
//   limit_heap();           first thing in main
//   forget_the_start();     once everything runs, and after each reload
//   forget_the_stack();     in a thread that rests after it went deep
#pragma once

namespace finwatch {

/// One malloc arena and no hoarding: an exporter's threads take turns. Call it before the first thread.
void limit_heap();

/// Gives back the pages of code and constants that only the start needed (relocation, YAML, the set-up of TLS): clean copies
/// of files, of which the few that are needed again come back from the page cache. Writable segments, with what the loader
/// relocated in them, are left alone. The free pages of the heap go back as well.
void forget_the_start();

/// Gives back the pages of the calling thread's stack below its present depth.
void forget_the_stack();

}  // namespace finwatch
