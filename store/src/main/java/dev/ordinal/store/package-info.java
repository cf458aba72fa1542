/// Revisions, compare-and-set and watch over one ordered key space; durable on disk. Start at
// `Store`.
@NullMarked
package dev.ordinal.store;

import org.jspecify.annotations.NullMarked;
