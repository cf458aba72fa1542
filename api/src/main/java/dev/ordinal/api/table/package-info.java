/// What `kubectl get` shows: Tables and objects reduced to their metadata. Start at `Tables`.
@NullMarked
package dev.ordinal.api.table;

import org.jspecify.annotations.NullMarked;
