/// Who asks, what for, and who decides. The server asks for each request; the rules themselves are
/// those of `kinds.rbac`.
@NullMarked
package dev.ordinal.api.access;

import org.jspecify.annotations.NullMarked;
