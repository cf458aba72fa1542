/// Pods as the API and the controllers see them; the node runs them.
@NullMarked
package dev.ordinal.kinds.pod;

import org.jspecify.annotations.NullMarked;
