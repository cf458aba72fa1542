/// What a kind is, and the one way a write takes: decode, default, admit, check, commit. Start at
/// `Api`.
@NullMarked
package dev.ordinal.api;

import org.jspecify.annotations.NullMarked;
