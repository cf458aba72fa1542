/// PriorityClasses, and the priority that pods get from them.
@NullMarked
package dev.ordinal.kinds.priorityclass;

import org.jspecify.annotations.NullMarked;
