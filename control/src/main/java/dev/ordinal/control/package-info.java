/// What every controller needs: cache, work queue, back-off. Start at `Controller`.
@NullMarked
package dev.ordinal.control;

import org.jspecify.annotations.NullMarked;
