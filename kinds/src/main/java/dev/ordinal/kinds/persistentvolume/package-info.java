/// Volumes: what the API knows of them, their phases, and what happens after their claim is gone.
@NullMarked
package dev.ordinal.kinds.persistentvolume;

import org.jspecify.annotations.NullMarked;
