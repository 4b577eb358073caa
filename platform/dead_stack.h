// dead_stack: what calls that have returned left behind on a thread's stack.
//
// A short name is kept inside its std::string, and so on the stack; it stays there until another
// call happens to write over it. Threads: wipes the calling thread's stack only.
#pragma once

namespace awda {

/// Wipes all of this thread's stack beyond the caller's own frame. To be called from as few frames
/// deep as can be, for the frames in use keep what they hold.
void wipe_dead_stack();

}  // namespace awda
