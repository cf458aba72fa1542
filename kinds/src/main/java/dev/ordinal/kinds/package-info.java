/// All kinds, a package each; `Catalogue` lists them.
@NullMarked
package dev.ordinal.kinds;

import org.jspecify.annotations.NullMarked;
