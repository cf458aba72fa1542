/// Expressions in CEL, as Kubernetes has them: types from structural schemas, values from JSON
/// trees, upstream's functions, and a bound on what an evaluation may cost.
///
/// Start at `Environment`, which compiles, and `Expression`, which evaluates. Nothing here is
/// loaded before a definition with rules is made or one of its objects is written.
@NullMarked
package dev.ordinal.kinds.cel;

import org.jspecify.annotations.NullMarked;
