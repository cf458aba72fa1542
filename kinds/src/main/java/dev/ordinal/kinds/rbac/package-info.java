/// Roles and their bindings: the four kinds, what they allow, the roles every cluster has, and what
/// keeps users from giving themselves more than they have. Read first: [Policy].
@NullMarked
package dev.ordinal.kinds.rbac;

import org.jspecify.annotations.NullMarked;
