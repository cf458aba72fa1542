/// Derives the schema resource while building: the shapes from the model classes, the rest from
/// `Facts`. Start at `Generator`.
@NullMarked
package dev.ordinal.schemas;

import org.jspecify.annotations.NullMarked;
