/// The three patch formats, each a pure function from a tree and a patch to a tree.
@NullMarked
package dev.ordinal.api.patch;

import org.jspecify.annotations.NullMarked;
