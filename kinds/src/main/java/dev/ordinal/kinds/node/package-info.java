/// Nodes as the API knows them.
@NullMarked
package dev.ordinal.kinds.node;

import org.jspecify.annotations.NullMarked;
