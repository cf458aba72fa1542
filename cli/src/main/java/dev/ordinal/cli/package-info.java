/// The command `ordinal`, one class per verb.
@NullMarked
package dev.ordinal.cli;

import org.jspecify.annotations.NullMarked;
