/// Collects objects whose owners are gone. Start at `GarbageCollector`.
@NullMarked
package dev.ordinal.control.garbage;

import org.jspecify.annotations.NullMarked;
