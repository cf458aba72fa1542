/// CustomResourceDefinitions and the kinds they describe.
///
/// Start at `CustomResourceDefinitions` for the definition itself, at `CustomKinds` for how its
/// kinds come to be served, and at `CustomKind` for what one of them is made of.
@NullMarked
package dev.ordinal.kinds.customresourcedefinition;

import org.jspecify.annotations.NullMarked;
