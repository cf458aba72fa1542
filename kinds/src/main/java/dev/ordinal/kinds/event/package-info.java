/// Events as the API knows them.
@NullMarked
package dev.ordinal.kinds.event;

import org.jspecify.annotations.NullMarked;
