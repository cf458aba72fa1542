/// The schema language: type, default, list type and merge key of each field. Start at `Schema`.
@NullMarked
package dev.ordinal.api.schema;

import org.jspecify.annotations.NullMarked;
