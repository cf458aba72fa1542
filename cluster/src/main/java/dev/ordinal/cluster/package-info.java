/// A cluster in one JVM: start, stop, and what connects the parts.
@NullMarked
package dev.ordinal.cluster;

import org.jspecify.annotations.NullMarked;
