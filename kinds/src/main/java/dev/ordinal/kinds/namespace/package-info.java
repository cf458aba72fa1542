/// Namespaces: what the API knows of them, and how their content goes.
@NullMarked
package dev.ordinal.kinds.namespace;

import org.jspecify.annotations.NullMarked;
