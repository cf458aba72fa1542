/// Volumes of class `standard` on this machine. Start reading at [LoopVolumes].
@NullMarked
package dev.ordinal.node.volume;

import org.jspecify.annotations.NullMarked;
