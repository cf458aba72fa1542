/// Seeds, manual time, scripts and golden text: what tests of every module share. Test scope only.
@NullMarked
package dev.ordinal.testing;

import org.jspecify.annotations.NullMarked;
