/// Runs pods on this machine.
@NullMarked
package dev.ordinal.node;

import org.jspecify.annotations.NullMarked;
