/// Label and field selectors, parsed from queries.
@NullMarked
package dev.ordinal.api.select;

import org.jspecify.annotations.NullMarked;
