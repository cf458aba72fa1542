/// Secrets as the API knows them.
@NullMarked
package dev.ordinal.kinds.secret;

import org.jspecify.annotations.NullMarked;
