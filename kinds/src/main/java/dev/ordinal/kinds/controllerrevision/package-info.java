/// ControllerRevisions as the API knows them.
@NullMarked
package dev.ordinal.kinds.controllerrevision;

import org.jspecify.annotations.NullMarked;
